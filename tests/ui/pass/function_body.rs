//! An actor inside a function, and one inside a method of it.

pub fn main() {
    struct Outer;

    #[actor_runtime::actor]
    impl Outer {
        pub fn get(&self) -> u32 {
            struct Inner;

            #[actor_runtime::actor]
            impl Inner {
                pub fn get(&self) -> u32 {
                    1
                }
            }

            let _ = InnerClient::get;
            Inner.get()
        }
    }

    struct Far;

    #[actor_runtime::actor(remote)]
    impl Far {
        pub fn get(&self, key: &str) -> Option<String> {
            Some(key.to_owned())
        }
    }

    let (far, _inbox) = actor_runtime::channel::<Far>(1);
    drop(actor_runtime::remote::receive(&far, "get", b"{}"));

    let _ = OuterClient::get;
    assert_eq!(Outer.get(), 1);
}
