use actor_runtime::actor;

pub struct Disk {
    bytes: Vec<u8>,
}

#[actor]
impl Disk {
    // A call: its caller waits for the value.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    // A cast: its caller waits for a place in the mailbox.
    pub fn append(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    // Calls: their callers wait until the method is done.

    pub fn clear(&mut self) -> () {
        self.bytes.clear();
    }

    #[command(ack)]
    pub fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    // Async methods do not make their callers wait for more.

    pub async fn read(&self) -> Result<Vec<u8>, std::io::Error> {
        Ok(self.bytes.clone())
    }

    pub async fn flush(&mut self) {}

    // Not commands.

    pub fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    #[command(skip)]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    #[command(skip)]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn grow(&mut self, by: usize) {
        self.bytes.reserve(by);
    }
}

pub fn main() {
    let mut disk = Disk::new();
    disk.grow(8);
    assert!(disk.as_bytes().is_empty());
    assert!(disk.into_bytes().is_empty());
}
