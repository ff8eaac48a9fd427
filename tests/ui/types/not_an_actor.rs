use actor_runtime::Context;

pub struct Cache;

fn stop(_: &mut Context<Cache>) {}

fn main() {}
