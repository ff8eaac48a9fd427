pub struct Cache;

fn needs_client<C: actor_runtime::Client>(_: C) {}

fn main() {
    needs_client(Cache);
}
