//! Replies and their callers, without an actor.

use std::sync::Arc;

use shuttle::future::spawn;
use shuttle::rand::{Rng as _, thread_rng};

use super::{a_while, explore, impatiently};
use crate::{CallError, Reply};

#[test]
fn a_caller_has_its_answer_or_has_left_at_whatever_moment() {
    explore(async || {
        let answered = Arc::new(());
        let (reply, answer) = Reply::new();
        let is_sent = thread_rng().gen_bool(0.5);
        let sender = spawn({
            let answered = Arc::clone(&answered);
            async move {
                a_while().await;
                if is_sent {
                    reply.send(answered);
                }
            }
        });
        let is_patient = thread_rng().gen_bool(0.5);
        let result = if is_patient {
            Some(answer.await)
        } else {
            impatiently(answer).await
        };
        sender.await.unwrap();
        match result {
            Some(Ok(answer)) => assert!(is_sent && Arc::ptr_eq(&answer, &answered)),
            Some(Err(error)) => assert_eq!((is_sent, error), (false, CallError::Unanswered)),
            None => assert!(!is_patient),
        }
        // An answer that is not received is dropped with the channel.
        assert_eq!(Arc::strong_count(&answered), 1);
    });
}
