//! Flow control: bytes that are held for clients, and the time they have to send or take them.
//!
//! Answers that a client does not take and bodies that it does not finish cost memory. Both are
//! counted where the memory is, with a bound for the whole server and one for each client network.

pub mod answers;
pub mod bodies;
pub mod byte_budget;
pub mod control;
pub mod delivery;
