#![no_implicit_prelude]

pub struct Value;

impl ::std::clone::Clone for Value {
    fn clone(&self) -> Self {
        Value
    }
}

pub struct Cache<T>(T);

#[::actor_runtime::actor(on_stopped = default, capacity = 8)]
impl<T: ::std::clone::Clone + ::std::marker::Sync> Cache<T> {
    #[command(try, blocking)]
    pub fn get(
        &self,
        key: &str,
        path: ::std::option::Option<&::std::path::Path>,
        value: &Value,
        other: ::std::option::Option<&Value>,
    ) -> ::std::option::Option<::std::string::String> {
        let _ = (key, path, value, other);
        ::std::option::Option::None
    }

    #[command(ack)]
    pub async fn set(&mut self, value: &T, name: impl ::std::convert::Into<::std::string::String>) {
        let _ = (value.clone(), name.into());
    }

    #[command(on_stopped = into)]
    pub fn save(
        &mut self,
        path: impl ::std::convert::AsRef<::std::path::Path>,
        rows: impl ::std::iter::IntoIterator<Item = u8>,
    ) -> ::std::io::Result<()> {
        let _ = path.as_ref();
        ::std::mem::drop(rows);
        ::std::result::Result::Ok(())
    }
}

fn main() {}
