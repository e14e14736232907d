//! `gongkai stats`: sizes of the data directory, and its search log.

use gongkai_index::record::Date;

use crate::access::KeyRing;
use crate::api::admin::SearchesReply;
use crate::cli::open;
use crate::cli::outcome::Outcome;
use crate::clock::today;
use crate::config::Config;
use crate::telemetry::metrics::{disk_free, folder_bytes};
use crate::telemetry::search_log;

/// Arguments of `gongkai stats`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Print the search log of a day as NDJSON, the most frequent first; searches of the last half
    /// minute may be missing
    #[arg(long)]
    searches: bool,
    /// With --searches: only queries without a match
    #[arg(long, requires = "searches")]
    nothing: bool,
    /// With --searches: the day, YYYY-MM-DD; today if not given
    #[arg(long, requires = "searches", value_name = "DAY")]
    day: Option<Date>,
    /// With --searches: number of texts
    #[arg(long, requires = "searches", value_name = "N", default_value_t = 100)]
    limit: usize,
}

/// Prints the sizes or the search log.
///
/// # Errors
/// An index or a log that cannot be read.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    if arguments.searches {
        return print_searches(config, arguments);
    }
    anyhow::ensure!(config.index_directory().is_dir(), "{} holds no index", config.data.display());
    let collection = open(config)?;
    let keys = KeyRing::new(config.keys_file()).keys()?.len();
    let stats = serde_json::json!({
        "generation": collection.generation(),
        "records": collection.len(),
        "segments": collection.health()?.segments,
        "index_bytes": folder_bytes(&config.index_directory()),
        "data_bytes": folder_bytes(&config.data),
        "disk_free_bytes": disk_free(&config.data),
        "keys": keys,
    });
    println!("{stats:#}");
    Ok(Outcome::Done)
}

fn print_searches(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let date = arguments.day.unwrap_or_else(today);
    let day = search_log::read(&config.searches_directory(), date)?;
    let reply = SearchesReply::new(date, &day, arguments.nothing, arguments.limit);
    for row in &reply.searches {
        println!("{}", serde_json::to_string(row)?);
    }
    eprintln!("{date}: {} searches, {} found nothing", reply.searched, reply.nothing);
    Ok(Outcome::Done)
}
