//! Two actors in one module that know each other's clients, one whose name is like the other's client, and one that
//! sends its own client.

use actor_runtime::{CallError, actor};

pub struct Ping {
    pong: Option<PongClient>,
}

#[actor]
impl Ping {
    pub fn set(&mut self, pong: PongClient) {
        self.pong = Some(pong);
    }

    pub async fn ping(&mut self, left: u32) -> Result<u32, CallError> {
        match &self.pong {
            Some(pong) => pong.pong(left).await,
            None => Ok(left),
        }
    }
}

pub struct Pong {
    ping: PingClient,
}

#[actor]
impl Pong {
    pub fn pong(&mut self, left: u32) -> u32 {
        left
    }

    pub fn ping(&self) -> PingClient {
        self.ping.clone()
    }
}

#[derive(Clone)]
pub struct Client;

#[actor]
impl Client {
    pub fn get(&self) -> Self {
        self.clone()
    }
}

pub struct Node {
    peers: Vec<NodeClient>,
}

#[actor]
impl Node {
    pub fn join(&mut self, peer: NodeClient) -> Vec<NodeClient> {
        self.peers.push(peer);
        self.peers.clone()
    }

    pub async fn forward(&mut self, hops: u32) -> Result<u32, CallError> {
        match self.peers.first() {
            Some(peer) if hops > 0 => Box::pin(peer.forward(hops - 1)).await?,
            _ => Ok(hops),
        }
    }
}

pub fn main() {
    let (ping, _inbox) = actor_runtime::channel::<Ping>(1);
    drop(ping.ping(1));
    let _ = ClientClient::get;
}
