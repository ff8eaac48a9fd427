//! Actors and commands of all visibilities.
#![allow(dead_code)]

mod outer {
    pub mod inner {
        pub struct Public;

        #[actor_runtime::actor(vis = pub)]
        impl Public {
            pub(super) fn one(&self) {}
            pub(crate) fn two(&self) {}
            pub(in crate::outer) fn three(&self) {}
            pub(self) fn four(&self) {}
        }

        pub(super) struct Narrow;

        #[actor_runtime::actor]
        impl Narrow {
            pub(super) fn one(&self) {}
        }

        struct Entry;

        struct Private;

        #[actor_runtime::actor]
        impl Private {
            #[command(try, blocking)]
            pub fn get(&self) -> Entry {
                Entry
            }

            pub fn set(&mut self, entry: Entry) {
                drop(entry);
            }
        }

        pub(in crate::outer) struct Restricted;

        #[actor_runtime::actor(vis = pub(in crate::outer))]
        impl Restricted {
            pub fn one(&self) {}
        }

        struct Hidden;

        #[actor_runtime::actor(vis = pub(self))]
        impl Hidden {
            pub fn one(&self) {}
        }

        fn _names(_: HiddenClient, _: PrivateClient) {}
    }

    fn _calls(
        public: inner::PublicClient,
        narrow: inner::NarrowClient,
        restricted: inner::RestrictedClient,
    ) {
        drop(public.one());
        drop(public.three());
        drop(narrow.one());
        drop(restricted.one());
    }
}

fn _calls(public: outer::inner::PublicClient) {
    drop(public.two());
}

fn main() {}
