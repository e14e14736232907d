#!/usr/bin/env bash
# csv 1.4.0 (Rust): the line number of a row depends on the line ends of the file.
#
# The reader takes LF, CRLF and CR alone as the end of a row. Position::line of the rows of a table with
# a head and two rows is 2 and 3 with LF, 1 and 2 with CRLF, and 1 and 1 with CR: a row begins right
# behind the CR, where the LF is not counted yet, and a CR is never counted. A message that names the
# line of a wrong row has to count lines itself.
#
# Seen with csv 1.4.0, csv-core 0.1.13:
#   LF [2, 3]
#   CRLF [1, 2]
#   CR [1, 1]
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "probe"
version = "0.0.0"
edition = "2024"

[dependencies]
csv = "=1.4.0"
csv-core = "=0.1.13"
TOML
cat > "$folder/src/main.rs" <<'RUST'
fn main() {
    for (name, end) in [("LF", "\n"), ("CRLF", "\r\n"), ("CR", "\r")] {
        let table = ["文号,标题", "1,甲", "2,乙", ""].join(end);
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let rows = reader.records().map(|row| row.expect("a row"));
        let lines: Vec<u64> = rows.map(|row| row.position().expect("a position").line()).collect();
        println!("{name} {lines:?}");
    }
}
RUST
seen="$(cd "$folder" && cargo run --quiet)"
echo "$seen"
[ "$seen" = "LF [2, 3]
CRLF [1, 2]
CR [1, 1]" ] || { echo "this has changed"; exit 1; }
