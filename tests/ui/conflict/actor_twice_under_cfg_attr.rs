use actor_runtime::actor;

pub struct Cache;

#[actor]
#[cfg_attr(all(), actor)]
impl Cache {
}

fn main() {}
