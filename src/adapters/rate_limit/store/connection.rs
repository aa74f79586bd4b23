//! One connection to the store, shared by all requests: what they ask goes out at once, and answers come in that order.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Instant;

use redis::AsyncConnectionConfig;
use redis::Client;
use redis::RedisError;
use redis::RedisResult;
use redis::Script;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;

use crate::adapters::config::StoreUrl;

/// A connection that has answered.
pub struct Connection {
    inner: MultiplexedConnection,
    began: Instant,
    /// When the last answer came in time, in nanoseconds since `began`.
    answered_at: AtomicU64,
}

/// What one call charges.
#[derive(Debug, Default)]
pub struct Charges {
    /// If it refuses, the others are not charged.
    pub address: Option<Charge>,
    /// All or none of them are charged.
    pub others: Vec<Charge>,
    /// The others are charged whatever the address is told.
    pub is_report: bool,
}

/// One account: its key, and, as the nanoseconds in which so much comes back, the most there can be in it and what to take.
#[derive(Debug)]
pub struct Charge {
    pub key: String,
    pub most: u64,
    pub price: u64,
}

/// What came of one charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub is_refused: bool,
    /// What is missing in the account now, as the nanoseconds in which it comes back.
    pub missing: u64,
}

impl Connection {
    /// Connects, and sees that the store does what is going to be asked of it.
    pub async fn open(url: &StoreUrl) -> RedisResult<Self> {
        let info = url.connection()?;
        // A small question waits for nothing: without it the answer to the one before may hold it back for 40 ms.
        let client = Client::open(info.set_tcp_settings(TcpSettings::default().set_nodelay(true)))?;
        // Both are bounded by whoever asks.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let mut inner = client.get_multiplexed_async_connection_with_config(&config).await?;
        SCRIPT.load_async(&mut inner).await?;
        Ok(Self { inner, began: Instant::now(), answered_at: AtomicU64::new(0) })
    }

    /// Charges all in one round trip; in three, where the store has lost the script.
    pub async fn charge(&self, charges: &Charges) -> RedisResult<Vec<Outcome>> {
        let mut call = SCRIPT.prepare_invoke();
        call.arg(u8::from(charges.address.is_some())).arg(u8::from(charges.is_report));
        for Charge { key, most, price } in charges.address.iter().chain(&charges.others) {
            call.key(key).arg(most).arg(price);
        }
        let answer: Vec<u64> = call.invoke_async(&mut self.inner.clone()).await?;
        let outcomes = outcomes(&answer, usize::from(charges.address.is_some()) + charges.others.len())?;
        self.answered_at.store(self.clock(), Ordering::Relaxed);
        Ok(outcomes)
    }

    /// Whether any answer came in time since then.
    pub fn has_answered_since(&self, then: u64) -> bool {
        self.answered_at.load(Ordering::Relaxed) > then
    }

    /// Nanoseconds of this connection's life.
    pub fn clock(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The script is checked by its digest, and sent whole only where the store does not have it.
static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../charge.lua")));

fn outcomes(answer: &[u64], asked: usize) -> RedisResult<Vec<Outcome>> {
    let (pairs, rest) = answer.as_chunks::<2>();
    let outcomes = pairs.iter().map(|[refused, missing]| Outcome { is_refused: *refused == 1, missing: *missing });
    match pairs.len() == asked && rest.is_empty() {
        true => Ok(outcomes.collect()),
        false => Err(RedisError::from((redis::ErrorKind::UnexpectedReturnType, "an answer to something else"))),
    }
}
