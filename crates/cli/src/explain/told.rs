//! What a value says about instances, in any of the forms that people have.

mod api_call;
mod config_item;
mod described;
mod documents;
mod event;
pub mod file;
mod kind;
mod record;
mod requested;
mod tags;
mod text;
mod time;

use serde_json::Value;
use tag_compliance_core::instance::{
    AccountId, Described, InstanceId, InstanceState, ServicePrincipal, Tags,
};
use tag_compliance_core::json::{FieldError, Fields, Path};
use tag_compliance_core::timestamp::Timestamp;

use self::described::Case;
use self::kind::Kind;
use crate::recognized::{self, Reader};

/// What a value says about an instance.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub id: Option<InstanceId>,
    pub account_id: Option<AccountId>,
    pub region: Option<String>,
    pub state: Option<InstanceState>,
    pub launched_at: Option<Timestamp>,
    pub operator: Option<ServicePrincipal>,
    pub described: Described,
    pub tags: Option<Tags>,
    /// Whether the instance may have more tags: a call names only those that it sets.
    pub tags_are_partial: bool,
    pub time: Option<Timestamp>,
}

/// Why a value says nothing about an instance.
#[derive(Debug, PartialEq, Eq)]
enum Unfit {
    /// A field is invalid.
    Field(FieldError),
    /// It is about something else, or about no particular instance.
    NoInstance(String),
    /// It cannot be explained; it looks like this.
    Unknown(String),
}

impl From<FieldError> for Unfit {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

/// What each part of a value says, with its path.
type Parts = Vec<(Path, Result<Told, Unfit>)>;

/// What the parts of a value say.
fn parts(path: &Path, value: &Value) -> Parts {
    let unfit = |unfit| vec![(path.clone(), Err(unfit))];
    read(path, value).unwrap_or_else(unfit)
}

fn read(path: &Path, value: &Value) -> Result<Parts, Unfit> {
    let one = |told| vec![(path.clone(), Ok(told))];
    let several = |told: Vec<Told>| {
        let told = told.into_iter().map(|told| (path.clone(), Ok(told)));
        told.collect()
    };
    let fields = || Ok::<_, FieldError>(Fields::at(path.clone(), value)?.null_is_absent());
    match Kind::of(value) {
        Kind::Array if is_of_scalars(value) => Err(Unfit::Unknown(
            "the output of the AWS CLI with --query: leave --query out".to_owned(),
        )),
        Kind::Array => Ok(elements(path, path.array(value, "an array")?)),
        Kind::List(name) => {
            let items = fields()?.array(name)?.unwrap_or_default();
            Ok(elements(&path.field(name), items))
        }
        Kind::Reservation => reservation(&fields()?),
        Kind::Text(name) => {
            let inner = text::json(&fields()?, name)?.to_value();
            Ok(parts(&path.field(name), &inner))
        }
        Kind::Wrapped(names) => {
            let path = names
                .iter()
                .fold(path.clone(), |path, name| path.field(name));
            let inner = names.iter().fold(value, |value, name| &value[name]);
            Ok(parts(&path, inner))
        }
        Kind::AuditRecord => Ok(one(record::read(&fields()?)?)),
        Kind::Instance(case) => Ok(one(described::read(&fields()?, case, None)?)),
        Kind::ConfigItem => Ok(one(config_item::read(&fields()?)?)),
        Kind::ApiCall => api_call::read(path, value).map(several),
        Kind::Other => match recognized::known(value, Reader::Explain) {
            Some(known) => Err(Unfit::Unknown(known)),
            None if !value.is_object() => Err(Unfit::Unknown(recognized::looks_like(value))),
            None => event::read(path, value).map(several),
        },
    }
}

/// Whether an array holds only texts, numbers, null and such arrays.
fn is_of_scalars(value: &Value) -> bool {
    let is_of_scalars_or_one = |item: &Value| match item {
        Value::Array(_) => is_of_scalars(item),
        item => !item.is_object(),
    };
    let items = value.as_array().filter(|items| !items.is_empty());
    items.is_some_and(|items| items.iter().all(is_of_scalars_or_one))
}

fn elements(path: &Path, items: &[Value]) -> Parts {
    let items = items.iter().enumerate();
    items
        .flat_map(|(index, item)| parts(&path.index(index), item))
        .collect()
}

/// The instances of a reservation, whose account owns them.
fn reservation(reservation: &Fields<'_>) -> Result<Parts, Unfit> {
    let account_id: Option<AccountId> = reservation.parsed("OwnerId")?;
    let instances = reservation.array("Instances")?.unwrap_or_default().iter();
    let path = reservation.path("Instances");
    let told = instances.enumerate().map(|(index, instance)| {
        let path = path.index(index);
        let fields = Fields::at(path.clone(), instance).map(Fields::null_is_absent);
        let told = fields.and_then(|it| described::read(&it, Case::Upper, account_id.clone()));
        (path, told.map_err(Unfit::Field))
    });
    Ok(told.collect())
}
