//! What instances cost a month: a file of prices by region and type.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Trim};
use tag_compliance_core::expected::Expected;
use tag_compliance_core::instance::{Instance, InstanceState};
use tag_compliance_core::text::{OneLine, excerpt};

use super::money::Usd;

/// Prices by region and type.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Prices(BTreeMap<(String, String), Usd>);

/// Why a file holds no prices.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricesError {
    /// The first line lacks a column.
    #[error(
        "the first line must name the columns region, instance_type, and monthly_usd or hourly_usd; {0} is missing"
    )]
    NoColumn(&'static str),
    /// Something else than commas is between the columns.
    #[error("columns are separated by commas, not by {0}")]
    Separator(&'static str),
    /// A price is invalid.
    #[error("line {line}: {column}: expected {}, got \"{got}\"", Usd::EXPECTED)]
    NoPrice {
        line: u64,
        column: &'static str,
        got: String,
    },
    /// A required field is empty.
    #[error("line {line}: {column} is empty")]
    Empty { line: u64, column: &'static str },
    /// A type has two prices in a region.
    #[error("line {line}: {region} {instance_type} already has another price")]
    Twice {
        line: u64,
        region: String,
        instance_type: String,
    },
    /// The CSV is malformed.
    #[error("{0}")]
    Rows(String),
}

/// Where a row's columns are.
struct Columns {
    region: usize,
    instance_type: usize,
    price: usize,
    price_name: &'static str,
}

impl Prices {
    /// Reads them from CSV with a header.
    ///
    /// # Errors
    /// A column is missing, a price is invalid, or a type has two.
    pub fn from_csv(text: &str) -> Result<Self, PricesError> {
        let mut reader = ReaderBuilder::new()
            .trim(Trim::All)
            .comment(Some(b'#'))
            .from_reader(text.as_bytes());
        let damaged = |error: csv::Error| PricesError::Rows(error.to_string());
        let header = reader.headers().map_err(damaged)?;
        let columns =
            Columns::of(header).map_err(|error| Self::separator(header).unwrap_or(error))?;
        let mut prices = BTreeMap::new();
        for row in reader.records() {
            let row = row.map_err(damaged)?;
            let line = row.position().map_or(0, csv::Position::line);
            let (region, instance_type, price) = columns.read(&row, line)?;
            let key = (region.to_owned(), instance_type.to_owned());
            let before = prices.insert(key, price);
            if before.is_some_and(|before| before != price) {
                return Err(PricesError::Twice {
                    line,
                    region: shown(region),
                    instance_type: shown(instance_type),
                });
            }
        }
        Ok(Self(prices))
    }

    /// That a header is one column, as spreadsheets of many languages write it.
    fn separator(header: &StringRecord) -> Option<PricesError> {
        let names = header.get(0).filter(|_| header.len() == 1)?;
        [(';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars")]
            .into_iter()
            .find(|(separator, _)| names.contains(*separator))
            .map(|(_, separator)| PricesError::Separator(separator))
    }

    /// What an instance costs a month in its current state, without volumes and traffic: nothing while it is
    /// stopped ("Instance lifecycle", Amazon EC2 user guide). None if the file has no price for it.
    pub fn of(&self, instance: &Instance, region: &str) -> Option<Usd> {
        if matches!(
            instance.state,
            InstanceState::Stopping | InstanceState::Stopped
        ) {
            return Some(Usd::default());
        }
        let instance_type = instance.described.instance_type.clone()?;
        self.0.get(&(region.to_owned(), instance_type)).copied()
    }
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, PricesError> {
        let find = |name: &str| header.iter().position(|it| it.eq_ignore_ascii_case(name));
        let monthly = find("monthly_usd").map(|at| (at, "monthly_usd"));
        let hourly = || find("hourly_usd").map(|at| (at, "hourly_usd"));
        let (price, price_name) = monthly
            .or_else(hourly)
            .ok_or(PricesError::NoColumn("monthly_usd"))?;
        Ok(Self {
            region: find("region").ok_or(PricesError::NoColumn("region"))?,
            instance_type: find("instance_type").ok_or(PricesError::NoColumn("instance_type"))?,
            price,
            price_name,
        })
    }

    fn read<'a>(
        &self,
        row: &'a StringRecord,
        line: u64,
    ) -> Result<(&'a str, &'a str, Usd), PricesError> {
        let field = |at: usize, column| {
            let field = row.get(at).filter(|field| !field.is_empty());
            field.ok_or(PricesError::Empty { line, column })
        };
        let price = field(self.price, self.price_name)?;
        let price: Usd = price.parse().map_err(|_| PricesError::NoPrice {
            line,
            column: self.price_name,
            got: shown(price),
        })?;
        Ok((
            field(self.region, "region")?,
            field(self.instance_type, "instance_type")?,
            if self.price_name == "hourly_usd" {
                price.a_month()
            } else {
                price
            },
        ))
    }
}

fn shown(text: &str) -> String {
    const MAX_CHARS: usize = 40;
    OneLine(&excerpt(text, MAX_CHARS)).to_string()
}

#[cfg(test)]
mod tests {
    use tag_compliance_core::instance::Tags;
    use tag_compliance_core::testing::instance;

    use super::*;

    fn cost(prices: &Prices, state: InstanceState, instance_type: Option<&str>) -> Option<String> {
        let mut instance = instance(Tags::new());
        instance.state = state;
        instance.described.instance_type = instance_type.map(str::to_owned);
        prices
            .of(&instance, "eu-west-1")
            .map(|cost| cost.to_string())
    }

    #[test]
    fn a_price_is_that_of_region_and_type_and_nothing_while_it_is_stopped() {
        let monthly = "# list prices\nRegion, Instance_Type, monthly_usd, note\neu-west-1, t3.micro, 8.32, a\n\
                       us-east-1, t3.micro, 7.59, b\nus-east-1, t3.micro, 7.59, again\n";
        let hourly = "hourly_usd,region,instance_type\n0.0114,eu-west-1,t3.micro\n";
        for text in [monthly, hourly] {
            let prices = Prices::from_csv(text).unwrap();
            for (state, instance_type, expected) in [
                (InstanceState::Running, Some("t3.micro"), Some("$8.32")),
                (InstanceState::Pending, Some("t3.micro"), Some("$8.32")),
                (InstanceState::Running, Some("t3.nano"), None),
                (InstanceState::Running, None, None),
                (InstanceState::Stopping, Some("t3.micro"), Some("$0.00")),
                (InstanceState::Stopped, None, Some("$0.00")),
            ] {
                let cost = cost(&prices, state, instance_type);
                assert_eq!(cost.as_deref(), expected, "{state} {instance_type:?}");
            }
        }
    }

    #[test]
    fn a_file_without_prices_is_refused_with_its_line() {
        let header = "region,instance_type,monthly_usd";
        for (text, expected) in [
            ("", "monthly_usd is missing"),
            ("region,price_usd\n", "monthly_usd is missing"),
            (
                "region;monthly_usd\n",
                "separated by commas, not by semicolons",
            ),
            ("region;monthly_usd,x\n", "monthly_usd is missing"),
            ("region\tmonthly_usd\n", "separated by commas, not by tabs"),
            (
                "region|monthly_usd\n",
                "separated by commas, not by vertical bars",
            ),
            ("instance_type,monthly_usd\n", "region is missing"),
            ("region,hourly_usd\n", "instance_type is missing"),
            ("H\nr,t,1\nr,t,2\n", "line 3: r t already has another price"),
            ("H\nr,t,1,5\n", "line: 2"),
            ("H\nr,t,\n", "line 2: monthly_usd is empty"),
            ("H\n,t,1\n", "line 2: region is empty"),
            ("H\nr,,1\n", "line 2: instance_type is empty"),
            (
                "H\nr,t,\"1,5\"\n",
                "line 2: monthly_usd: expected dollars such as 70.08, below 10 million, got \"1,5\"",
            ),
        ] {
            let error = Prices::from_csv(&text.replace('H', header)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
