//! Blocks as an editor sees them while they are being typed: the other methods keep their client methods, and the
//! user's tokens come out unchanged.

use proc_macro2::TokenStream;

/// Returns the output for a block with `item` between two methods.
fn around(item: &str) -> String {
    let block = format!(
        "impl Cache {{
            #[command(try)] pub fn first(&self) -> u8 {{ 1 }}
            {item}
            pub fn last(&mut self, key: &str) {{ drop(key); }}
        }}"
    );
    let block: TokenStream = block.parse().expect("the block is made of tokens");
    crate::actor_tokens(TokenStream::new(), &block).to_string()
}

fn check(item: &str, client: &[&str]) {
    let output = around(item);
    let untouched: TokenStream = item.parse().expect("the item is made of tokens");
    assert!(
        output.contains(&untouched.to_string()),
        "`{item}` is not in {output}"
    );
    for method in [&["first", "try_first", "last"], client].concat() {
        assert!(
            output.contains(&format!("async fn {method} (")),
            "`{method}` is not in {output}"
        );
    }
    assert!(!output.contains("compile_error"), "{output}");
}

#[test]
fn a_body_may_be_any_token() {
    check("pub fn get(&self) -> u8 body", &["get"]);
    check("pub fn get(&self) -> u8 ;", &["get"]);
    check("pub fn get(&self) -> u8 { self. }", &["get"]);
    check("pub fn get(&self) -> u8 { let = ; else match }", &["get"]);
}

#[test]
fn a_header_may_have_no_body() {
    check("pub fn get(&self) -> u8", &["get"]);
    check("pub async fn get(&self)", &["get"]);
    check("pub fn get(&self) /// Docs.", &["get"]);
    check("fn private(&self)", &[]);
}

#[test]
fn a_header_may_be_half_typed() {
    for item in [
        "pub",
        "pub asy",
        "pub async",
        "pub async f",
        "pub fn",
        "pub fn ge",
        "pub fn get(&self, key)",
        "pub fn get(&self, key) {}",
        "pub fn get(&self, key:) {}",
        "pub fn get(&self) -> {}",
        "pub fn get<T(&self) {}",
        "pub(crate) fn ()",
        "asy",
        "const",
        "const SIZE",
        "pub const SIZE:",
        "#",
        "#[doc]",
        "#[doc = ] pub fn ge",
        "macro_call",
        "macro_call!",
        "=> . ,",
    ] {
        check(item, &[]);
    }
}

/// An editor closes a parenthesis that is open at the end of the block.
#[test]
fn methods_may_be_in_a_parenthesis_that_is_not_closed_yet() {
    let inside = "pub fn more(&self) -> u8 { 1 } fn private(&self) {} pub fn most(&self) {}";
    check(
        &format!("pub fn get(&self, key: {inside})"),
        &["more", "most"],
    );
}

#[test]
fn a_half_typed_option_is_a_mistake_and_no_more() {
    for item in [
        "#[command(errors)] pub fn get(&self) -> u8 { 1 }",
        "#[command(errors =)] pub fn get(&self) -> u8 { 1 }",
        "#[command(tr)] pub fn get(&self) -> u8 { 1 }",
    ] {
        let output = around(item);
        assert!(output.contains("async fn get ("), "{output}");
        assert!(output.contains("async fn last ("), "{output}");
        assert_eq!(output.matches("compile_error").count(), 1, "{output}");
    }
}

#[test]
fn an_attribute_may_be_half_typed() {
    for item in [
        "#[every] fn tick(&mut self) {}",
        "#[every()] fn tick(&mut self) {}",
        "#[every(Duration::)] fn tick(&mut self) {}",
        "#[every(self.)] fn tick(&mut self) {}",
        "#[every(Duration::from_secs(1),)] fn tick(&mut self)",
        "#[every(Duration::from_secs(1), n)] fn tick(&mut self) {}",
        "#[stream(self.lines(.))] fn line(&mut self, line) {}",
        "#[stream] fn line(&mut self, line: )",
        "#[on(self.x, i)] fn done(&mut self) {}",
        "#[on(self.x, if)] fn done(&mut self) {}",
        "#[on(self.x, if self.)] fn done(&mut self) {}",
        "#[on(self.x, if self.is_open)] fn do",
        "#[on(self.x)] pub",
        "#[on(self.x)]",
        "#[on_st] fn done(&mut self) {}",
        "#[on_start] fn",
        "#[on_stop()] fn stop(&mut self) {}",
        "#[watch] pub fn",
        "#[watch] pub fn size(&self) ->",
        "#[watch] pub fn size(&self) -> {}",
        "#[watch =] pub fn size(&self) -> u8 { 1 }",
        "#[comm]",
        "#[]",
    ] {
        let output = around(item);
        for method in ["first", "try_first", "last"] {
            assert!(
                output.contains(&format!("async fn {method} (")),
                "`{method}` is not beside `{item}` in {output}"
            );
        }
        assert!(
            output.matches("compile_error").count() <= 1,
            "`{item}`: {output}"
        );
    }
}

#[test]
fn a_published_value_may_be_half_typed() {
    for item in [
        "#[watch] pub fn size(&self) -> u8",
        "#[watch] pub fn size(&self) -> u8 { self. }",
        "#[watch] pub fn size(&self, ) -> u8 { let = }",
        "#[watch] pub fn size(&mut self) -> u8 { 1 }",
        "#[watch()] pub fn size(&self) -> u8 { 1 }",
    ] {
        let output = around(item);
        for method in ["size", "watch_size"] {
            assert!(
                output.contains(&format!("fn {method} (& self) ->")),
                "`{method}` is not beside `{item}` in {output}"
            );
        }
    }
}

#[test]
fn arguments_may_be_half_typed() {
    let block: TokenStream = "impl Cache { pub fn get(&self) -> u8 { 1 } }"
        .parse()
        .expect("the block is made of tokens");
    for args in [
        "capacity",
        "capacity =",
        "capacity = 8 +",
        "vis = pub()",
        "cap",
        ",",
        "= 8",
        "crate = ::",
        "command = ,",
        "client = Client::",
        "event",
        "event =",
        "event = Vec<",
        "event_capacity = 8",
        "shutdown = dr",
        "deadline =",
        "deadline = Duration::",
    ] {
        let args = args.parse().expect("they are made of tokens");
        let output = crate::actor_tokens(args, &block).to_string();
        assert!(output.starts_with(&block.to_string()), "{output}");
        assert!(output.contains("async fn get ("), "{output}");
        assert_eq!(output.matches("compile_error").count(), 1, "{output}");
    }
}
