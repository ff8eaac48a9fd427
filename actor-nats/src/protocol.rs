//! The wire format: names, subjects, headers and words.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use actor_runtime::{CallError, Detail, Why};
use async_nats::{HeaderMap, HeaderName, Message, StatusCode};
use bytes::Bytes;

/// The method that returns the mark of the process that serves a name. No method of an actor can have this name.
pub(crate) const WHO: &str = "$who";

/// The time for which the caller waits, in milliseconds.
const TIMEOUT: HeaderName = HeaderName::from_static("Actor-Timeout");

/// The word for the reason why there is no answer.
const ERROR: HeaderName = HeaderName::from_static("Actor-Error");

/// The reason as a sentence, and as a status code of HTTP: as the services of NATS have them.
const SENTENCE: HeaderName = HeaderName::from_static("Nats-Service-Error");
const CODE: HeaderName = HeaderName::from_static("Nats-Service-Error-Code");

/// Returns the name if it can be the first part of a subject.
///
/// # Panics
///
/// If it cannot.
pub(crate) fn checked(name: String) -> String {
    let is_plain = |it: char| !it.is_whitespace() && !it.is_control() && it != '*' && it != '>';
    let is_token = |it: &str| !it.is_empty() && !it.starts_with('$') && it.chars().all(is_plain);
    assert!(
        name.split('.').all(is_token),
        "{name:?} cannot be the name of a remote actor: write words with dots between them"
    );
    name
}

/// Returns a mark that no other process has.
pub(crate) fn unique() -> String {
    // The keys of the hash function are random: the standard library asks the system for them.
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

/// Adds the time for which the caller waits.
pub(crate) fn add_timeout(headers: &mut HeaderMap, left: Duration) {
    headers.insert(TIMEOUT, left.as_millis().max(1).to_string());
}

/// Returns the time for which the caller waits, if it is known.
pub(crate) fn timeout(headers: Option<&HeaderMap>) -> Option<Duration> {
    let milliseconds = headers?.get(TIMEOUT)?.as_str().parse().ok()?;
    Some(Duration::from_millis(milliseconds))
}

/// An answer, as the caller's side gets it.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Value(Bytes),
    /// The server has as many commands as it takes. This one did not run.
    Full,
    Error(CallError),
}

/// Reads an answer.
pub(crate) fn answer(message: Message) -> Answer {
    if message.status == Some(StatusCode::NO_RESPONDERS) {
        return Answer::Error(CallError::Unreachable);
    }
    let Some(headers) = &message.headers else {
        return Answer::Value(message.payload);
    };
    let Some(word) = headers.get(ERROR) else {
        return match headers.get(CODE) {
            Some(_) => Answer::Error(CallError::Unanswered),
            None => Answer::Value(message.payload),
        };
    };
    Answer::Error(match word.as_str() {
        "full" => return Answer::Full,
        "closed" => CallError::Closed(Why::Unknown),
        "refused" => CallError::Refused,
        "stopped" => CallError::Stopped,
        "panicked" => CallError::Panicked,
        "timed_out" => CallError::TimedOut,
        "unreachable" => CallError::Unreachable,
        "unsupported" => {
            let sentence = headers.get(SENTENCE);
            let sentence = sentence.map_or("the server does not know it", |it| it.as_str());
            CallError::Unsupported(Detail::new(sentence))
        }
        // Also words of later versions: the command may have run.
        _ => CallError::Unanswered,
    })
}

/// Returns the headers that tell the caller why there is no answer.
pub(crate) fn error(error: &CallError) -> HeaderMap {
    let (word, code) = match error {
        CallError::Unsupported(_) => ("unsupported", "400"),
        CallError::Full => ("full", "429"),
        CallError::Closed(_) => ("closed", "503"),
        CallError::Unreachable => ("unreachable", "503"),
        CallError::Stopped => ("stopped", "500"),
        CallError::Panicked => ("panicked", "500"),
        CallError::TimedOut => ("timed_out", "500"),
        error if error.never_ran() => ("refused", "503"),
        _ => ("unanswered", "500"),
    };
    let sentence = match error {
        CallError::Unsupported(detail) => detail.to_string(),
        error => error.to_string(),
    };
    let mut headers = HeaderMap::new();
    headers.insert(ERROR, word);
    headers.insert(CODE, code);
    // A header ends with its line.
    headers.insert(SENTENCE, sentence.replace(char::is_control, " "));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(payload: &str, headers: Option<HeaderMap>) -> Message {
        Message {
            subject: "_INBOX.a.1".into(),
            reply: None,
            payload: payload.to_owned().into(),
            headers,
            status: None,
            description: None,
            length: 0,
        }
    }

    #[test]
    fn errors_survive() {
        let unsupported = CallError::Unsupported(Detail::new("no method `put`"));
        for (sent, received) in [
            (
                CallError::Closed(Why::Panicked),
                CallError::Closed(Why::Unknown),
            ),
            (CallError::Refused, CallError::Refused),
            (CallError::Blocking, CallError::Refused),
            (CallError::Stopped, CallError::Stopped),
            (CallError::Panicked, CallError::Panicked),
            (CallError::Unanswered, CallError::Unanswered),
            (CallError::TimedOut, CallError::TimedOut),
            (CallError::Unreachable, CallError::Unreachable),
            (unsupported.clone(), unsupported),
        ] {
            let answered = answer(message("", Some(error(&sent))));
            assert_eq!(answered, Answer::Error(received.clone()));
            assert_eq!(sent.never_ran(), received.never_ran());
        }
        let answered = answer(message("", Some(error(&CallError::Full))));
        assert_eq!(answered, Answer::Full);
    }

    #[test]
    fn words_and_headers_of_others_are_no_answers_by_mistake() {
        let mut later = HeaderMap::new();
        later.insert(ERROR, "a word of a later version");
        let mut service = HeaderMap::new();
        service.insert(CODE, "404");
        for headers in [later, service] {
            let answered = answer(message("1", Some(headers)));
            assert_eq!(answered, Answer::Error(CallError::Unanswered));
        }
        let mut traced = HeaderMap::new();
        traced.insert("traceparent", "00-1-2-3");
        for headers in [Some(traced), None] {
            assert_eq!(answer(message("1", headers)), Answer::Value("1".into()));
        }
    }

    #[test]
    fn nobody_is_there() {
        let mut nobody = message("", None);
        nobody.status = Some(StatusCode::NO_RESPONDERS);
        assert_eq!(answer(nobody), Answer::Error(CallError::Unreachable));
    }

    #[test]
    fn no_sentence_ends_its_header() {
        let phrase = "no method `a\r\nActor-Error: full`";
        let headers = error(&CallError::Unsupported(Detail::new(phrase)));
        let sentence = headers.get(SENTENCE).map(|it| it.as_str().to_owned());
        assert_eq!(
            sentence.as_deref(),
            Some("no method `a  Actor-Error: full`")
        );
    }

    #[test]
    fn the_time_of_the_caller_survives() {
        for (left, read) in [(10_000, 10_000), (1, 1), (0, 1)] {
            let mut headers = HeaderMap::new();
            add_timeout(&mut headers, Duration::from_millis(left));
            assert_eq!(timeout(Some(&headers)), Some(Duration::from_millis(read)));
        }
        let mut headers = HeaderMap::new();
        headers.insert(TIMEOUT, "soon");
        assert_eq!(timeout(Some(&headers)), None);
        assert_eq!(timeout(None), None);
    }

    #[test]
    fn names_are_words_with_dots() {
        for name in ["cache", "eu.cache-1", "cart.42", "größe"] {
            assert_eq!(checked(name.to_owned()), name);
        }
        for name in [
            "", ".", "a.", ".a", "a..b", "a b", "a.*", "a.>", "a\n", "$SYS", "a.$who",
        ] {
            let checked = std::panic::catch_unwind(|| checked(name.to_owned()));
            assert!(checked.is_err(), "{name:?}");
        }
    }

    #[test]
    fn marks_differ() {
        assert_ne!(unique(), unique());
    }
}
