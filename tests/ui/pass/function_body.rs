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

    let _ = OuterClient::get;
    assert_eq!(Outer.get(), 1);
}
