//! Blocks as an editor sees them while they are being typed, and slips between methods: the other methods keep their
//! client methods.

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
    for method in [&["first", "last"], client].concat() {
        assert!(
            output.contains(&format!("async fn {method} (")),
            "`{method}` is not beside `{item}` in {output}"
        );
    }
    assert!(output.contains("pub fn try_first ("), "{output}");
    assert!(!output.contains("compile_error"), "{output}");
}

fn check_untouched(item: &str, client: &[&str]) {
    check(item, client);
    check_mended(item, item);
}

/// Checks that `mended` comes out in place of `item`.
fn check_mended(item: &str, mended: &str) {
    let [first, last] = [
        "pub fn first(&self) -> u8 { 1 }",
        "pub fn last(&mut self, key: &str) { drop(key); }",
    ];
    let expected: TokenStream = format!("impl Cache {{ {first} {mended} {last} }}")
        .parse()
        .expect("the block is made of tokens");
    let output = around(item);
    assert!(
        output.starts_with(&expected.to_string()),
        "`{item}` does not become `{mended}` in {output}"
    );
}

#[test]
fn a_body_may_be_any_tokens() {
    check_untouched("pub fn get(&self) -> u8 ;", &["get"]);
    check_untouched("pub fn get(&self) -> u8 { self. }", &["get"]);
    check_untouched("pub fn get(&self) -> u8 { let = ; else match }", &["get"]);
}

/// rustc recovers from a mistake among the parameters, and from some others.
#[test]
fn what_rustc_recovers_from_is_left_alone() {
    for item in [
        "pub fn get(&self, key) {}",
        "pub fn get(&self, key:) {}",
        "pub fn get {}",
        "pub fn get(&self) -> dyn {}",
        "pub(crate) struct Key;",
        "static SIZE: u8 = 1;",
        "type Key = u8;",
        "const SIZE: u8;",
        "macro_call!()",
        "macro_rules! key { () => { ; } }",
        "use std::fmt;",
    ] {
        check_untouched(item, &[]);
    }
}

#[test]
fn a_header_is_mended() {
    let absent = "{ ::core::unimplemented!() }";
    for (item, mended) in [
        (
            "pub fn get(&self) u8 { 1 }",
            "pub fn get(&self) -> u8 { 1 }",
        ),
        (
            "pub fn get(&self): u8 { 1 }",
            "pub fn get(&self) -> u8 { 1 }",
        ),
        (
            "pub fn get(&self) => u8 { 1 }",
            "pub fn get(&self) -> u8 { 1 }",
        ),
        (
            "pub fn get(&self) - > u8 { 1 }",
            "pub fn get(&self) -> u8 { 1 }",
        ),
        (
            "pub fn get(&self) Vec<[u8; { 2 }]> where u8: Copy { vec![] }",
            "pub fn get(&self) -> Vec<[u8; { 2 }]> where u8: Copy { vec![] }",
        ),
        (
            "pub fn get(&self) ::core::primitive::u8 { 1 }",
            "pub fn get(&self) -> ::core::primitive::u8 { 1 }",
        ),
        (
            "pub fn get(&self) where u8: Copy -> u8 { 1 }",
            "pub fn get(&self) -> u8 where u8: Copy { 1 }",
        ),
        (
            "pub get(&self) -> u8 { 1 }",
            "pub fn get(&self) -> u8 { 1 }",
        ),
        (
            "pub func get(&self) -> u8 { 1 }",
            "pub fn get(&self) -> u8 { 1 }",
        ),
        ("pub pub fn get(&self) {}", "pub fn get(&self) {}"),
        ("pub mut fn get(&self) {}", "pub fn get(&self) {}"),
        ("async pub fn get(&self) {}", "pub async fn get(&self) {}"),
        ("fn pub get(&self) {}", "pub fn get(&self) {}"),
        (
            "pub async fn get(&self)",
            &format!("pub async fn get(&self) {absent}"),
        ),
        (
            "pub fn get(&self) -> u8",
            &format!("pub fn get(&self) -> u8 {absent}"),
        ),
        (
            "pub fn get(&self) -> u8 body",
            &format!("pub fn get(&self) -> u8 {absent}"),
        ),
        (
            "pub fn get(&self) -> u8, u8 { (1, 2) }",
            &format!("pub fn get(&self) -> u8 {absent}"),
        ),
        (
            "pub fn get(&self) -> {}",
            &format!("pub fn get(&self) {absent}"),
        ),
        (
            "pub fn get(&self) -> & { &1 }",
            &format!("pub fn get(&self) {absent}"),
        ),
        (
            "pub fn get(&self) -> -> u8 { 1 }",
            "pub fn get(&self) -> u8 { 1 }",
        ),
        (
            "pub fn get(&self)<T> {}",
            &format!("pub fn get(&self) {absent}"),
        ),
    ] {
        check(item, &["get"]);
        check_mended(item, mended);
    }
    check_mended("fn private(&self)", &format!("fn private(&self) {absent}"));
}

#[test]
fn what_no_version_of_rust_accepts_is_taken_out_of_a_header() {
    for (tail, kept) in [
        ("-> 8", ""),
        ("-> &", ""),
        ("-> Self::", ""),
        ("-> Option<u8", ""),
        ("-> Result<u8 String>", ""),
        ("-> Result<u8; String>", ""),
        ("-> std:io:Error", ""),
        ("-> fn(u8) ->", ""),
        ("returns u8", ""),
        ("-> u8 where Self Sized", "-> u8"),
        ("where Self", ""),
        ("where Self: Sized,,", ""),
        ("where Self: Sized Self: Send", ""),
        ("where Self: Sized && Self: Send", ""),
        ("where Self: Sized + + Send", ""),
        ("where (Self: Sized)", ""),
    ] {
        let item = format!("pub fn get(&self) {tail} {{ 1 }}");
        check(&item, &["get"]);
        let mended = format!("pub fn get(&self) {kept} {{ ::core::unimplemented!() }}");
        check_mended(&item, &mended);
    }
}

#[test]
fn what_is_no_item_is_taken_out() {
    for item in [
        ";",
        ", ;",
        "=> . ,",
        "{ let x = 1; }",
        "\"text\" 1",
        "'a",
        "/// Docs of nothing.\n;",
        "pub",
        "pub asy",
        "pub async",
        "pub async f",
        "pub fn",
        "pub fn ge",
        "pub fn get<T(&self) {}",
        "pub fn get<T Clone>(&self) {}",
        "pub fn get-it(&self) {}",
        "pub fn Cache::get(&self) {}",
        "pub(crate) fn ()",
        "asy",
        "const",
        "const SIZE",
        "pub const SIZE:",
        "#",
        "#[doc = ]",
        "macro_call",
        "macro_call!",
        "count: u32,",
        "pub names: HashMap<String, u32>,",
        "self.count = 1;",
        "let x = 1;",
        "if true {} else {}",
        "println(\"text\");",
        "#![doc = \" Docs inside.\"]",
    ] {
        check(item, &[]);
        check_mended(item, "");
    }
    check("pub fn get(&self) {} ;", &["get"]);
    check_mended("pub fn get(&self) {} ;", "pub fn get(&self) {}");
}

#[test]
fn a_constant_needs_no_semicolon() {
    for item in ["const SIZE: u8 = 1", "const SIZE: u8 = 1,"] {
        check(item, &[]);
        check_mended(item, "const SIZE: u8 = 1;");
    }
}

#[test]
fn a_conflict_keeps_its_first_side() {
    let conflict = "<<<<<<< ours
        pub fn get(&self) {}
        =======
        pub fn get(&mut self) {}
        >>>>>>> theirs";
    check(conflict, &["get"]);
    check_mended(conflict, "pub fn get(&self) {}");
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
        "#[at] fn expire(&mut self) {}",
        "#[at(self.)] fn expire(&mut self) {}",
        "#[every] fn tick(&mut self) {}",
        "#[every()] fn tick(&mut self) {}",
        "#[every(Duration::)] fn tick(&mut self) {}",
        "#[every(self.)] fn tick(&mut self) {}",
        "#[every(Duration::from_secs(1),)] fn tick(&mut self)",
        "#[every(Duration::from_secs(1), n)] fn tick(&mut self) {}",
        "#[stream(self.lines(.))] fn line(&mut self, line) {}",
        "#[stream] fn line(&mut self, line: )",
        "#[on(self.x, i)] fn done(&mut self) {}",
        "#[on(Some(x) =)] fn done(&mut self, x: u8) {}",
        "#[on(Some(x) = self.)] fn done(&mut self, x: u8) {}",
        "#[on(Some(x) = self.x)] fn done(&mut self, x)",
        "#[on(self.x, if)] fn done(&mut self) {}",
        "#[on(self.x, if self.)] fn done(&mut self) {}",
        "#[on(self.x, if self.is_open)] fn do",
        "#[on(self.x)] pub",
        "#[on(self.x)]",
        "#[on_st] fn done(&mut self) {}",
        "#[on_start] fn",
        "#[on_stop()] fn stop(&mut self) {}",
        "#[run] async fn",
        "#[run] async fn serve(self)",
        "#[run] async fn serve(self, inbox: &mut Inbox<) -> Self {}",
        "#[watch] pub fn",
        "#[watch] pub fn size(&self) ->",
        "#[watch] pub fn size(&self) -> {}",
        "#[watch =] pub fn size(&self) -> u8 { 1 }",
        "#[comm]",
        "#[]",
    ] {
        let output = around(item);
        for method in ["first", "last"] {
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
