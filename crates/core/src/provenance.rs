//! What made an instance, and where the next one gets its tags: by what `DescribeInstances` tells.

use serde::{Serialize, Serializer};

use crate::instance::{Instance, ServicePrincipal};
use crate::text::{OneLine, Untrusted, excerpt};

/// The most of a name that a person is shown.
const MAX_NAME_CHARS: usize = 100;

/// What made an instance.
///
/// Only AWS sets tags that begin with "aws:" ("Tag restrictions", Amazon EC2 user guide). Whoever may
/// tag an instance can forge the others; all that this changes is which place people are pointed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance<'a> {
    /// The nearest to the instance.
    pub maker: Maker<'a>,
    /// The launch template, whoever launched from it.
    pub launch_template: Option<LaunchTemplate<'a>>,
    /// The stack, whose tags are on what it made, however indirectly.
    pub stack: Option<Untrusted<'a>>,
}

/// What launched an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker<'a> {
    /// A service that manages it.
    Service {
        /// Which.
        principal: &'a ServicePrincipal,
        /// The node class of EKS Auto Mode.
        node_class: Option<Untrusted<'a>>,
    },
    /// A managed node group; its Auto Scaling group is EKS's own.
    NodeGroup(Untrusted<'a>),
    /// An Auto Scaling group.
    AutoScalingGroup(Untrusted<'a>),
    /// A stack, as one of its own resources.
    Stack {
        /// Which.
        name: Untrusted<'a>,
        /// The resource in its template.
        resource: Option<Untrusted<'a>>,
    },
    /// Karpenter.
    NodePool {
        /// For which node pool.
        name: Untrusted<'a>,
        /// Its node class.
        node_class: Option<Untrusted<'a>>,
    },
    /// Whoever launches from this template.
    LaunchTemplate(Untrusted<'a>),
    /// A person or a program, of which EC2 says nothing.
    Unknown,
}

/// A launch template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaunchTemplate<'a> {
    /// Its id.
    pub id: Untrusted<'a>,
    /// The version that the instance was launched from.
    pub version: Option<Untrusted<'a>>,
}

impl<'a> Provenance<'a> {
    /// What made an instance.
    #[must_use]
    pub fn of(instance: &'a Instance) -> Self {
        let tag = |key| instance.tags.get(key);
        let launch_template = tag("aws:ec2launchtemplate:id").map(|id| LaunchTemplate {
            id,
            version: tag("aws:ec2launchtemplate:version"),
        });
        let stack = tag("aws:cloudformation:stack-name");
        let service = instance.operator.as_ref().map(|principal| Maker::Service {
            principal,
            node_class: tag("eks:kubernetes-node-class-name"),
        });
        // Behind what AWS alone can have set, which no instance of Karpenter has.
        let node_pool = tag("karpenter.sh/nodepool").map(|name| Maker::NodePool {
            name,
            node_class: tag("karpenter.k8s.aws/ec2nodeclass"),
        });
        let maker = service
            .or_else(|| tag("eks:nodegroup-name").map(Maker::NodeGroup))
            .or_else(|| tag("aws:autoscaling:groupName").map(Maker::AutoScalingGroup))
            .or_else(|| {
                stack.map(|name| Maker::Stack {
                    name,
                    resource: tag("aws:cloudformation:logical-id"),
                })
            })
            .or(node_pool)
            .or_else(|| launch_template.map(|it| Maker::LaunchTemplate(it.id)));
        Self {
            maker: maker.unwrap_or(Maker::Unknown),
            launch_template,
            stack,
        }
    }

    /// What is nearest to the instance, on one line; none where EC2 does not say.
    #[must_use]
    pub fn maker_line(&self) -> Option<String> {
        self.maker.text().map(|maker| shown(&maker))
    }

    /// All that made the instance, on one line; none where EC2 does not say.
    #[must_use]
    pub fn made_by(&self) -> Option<String> {
        let mut makers = vec![self.maker_line()?];
        if let (Some(template), false) = (
            self.launch_template,
            matches!(self.maker, Maker::LaunchTemplate(_)),
        ) {
            makers.push(format!("launch template {}", short(template.id)));
        }
        if let Some(version) = self.launch_template.and_then(|it| it.version) {
            makers.push(format!("version {}", short(version)));
        }
        if let (Some(stack), false) = (self.stack, matches!(self.maker, Maker::Stack { .. })) {
            makers.push(format!("CloudFormation stack {}", short(stack)));
        }
        Some(makers.join(", "))
    }

    /// Where the next launch gets its tags, on one line.
    #[must_use]
    pub fn next_launch(&self) -> String {
        match self.maker {
            // "AWS tags for EKS Auto Mode": the built-in node classes can't be changed.
            Maker::Service {
                node_class: Some(node_class),
                ..
            } => format!(
                "spec.tags of a NodeClass of your own, which the cluster's role must be allowed to set; it was NodeClass {}",
                short(node_class)
            ),
            // `ManagedInstancesProvider`, Amazon ECS API reference.
            Maker::Service { principal, .. } if principal.as_ref() == "ecs.amazonaws.com" => {
                "the capacity provider's tags, with propagateTags CAPACITY_PROVIDER".to_owned()
            }
            Maker::Service { principal, .. } => {
                format!("what {principal} lets you set: it launches the instances")
            }
            // `CreateNodegroup`, Amazon EKS API reference.
            Maker::NodeGroup(_) => {
                "TagSpecifications of the launch template that you gave the node group; its own tags do not reach instances".to_owned()
            }
            Maker::AutoScalingGroup(_) => match self.stack {
                Some(stack) => format!(
                    "the group's Tags in CloudFormation stack {}, with PropagateAtLaunch",
                    short(stack)
                ),
                None => "the group's tags, with PropagateAtLaunch".to_owned(),
            },
            Maker::Stack { resource, .. } => match resource {
                Some(resource) => format!(
                    "the tags of the stack, or Tags of {} in its template",
                    short(resource)
                ),
                None => "the tags of the stack".to_owned(),
            },
            Maker::NodePool { node_class, .. } => match node_class {
                Some(node_class) => format!("spec.tags of EC2NodeClass {}", short(node_class)),
                None => "spec.tags of the node pool's EC2NodeClass".to_owned(),
            },
            Maker::LaunchTemplate(_) => {
                "a new version of the launch template, with TagSpecifications for instances"
                    .to_owned()
            }
            Maker::Unknown => {
                "tags at launch (TagSpecifications); EC2 does not say what launched this one".to_owned()
            }
        }
    }

    /// What made the instance, and where the next launch gets its tags, on one line.
    #[must_use]
    pub fn place(&self) -> String {
        let next_launch = self.next_launch();
        match self.maker_line() {
            Some(maker) => format!("{maker}: {next_launch}"),
            None => next_launch,
        }
    }
}

impl<'a> Maker<'a> {
    /// What people know it by, with its name as it is; none where EC2 does not say.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let what = match self {
            Self::Service { .. } => "AWS service",
            Self::NodeGroup(_) => "EKS node group",
            Self::AutoScalingGroup(_) => "Auto Scaling group",
            Self::Stack { .. } => "CloudFormation stack",
            Self::NodePool { .. } => "Karpenter node pool",
            Self::LaunchTemplate(_) => "launch template",
            Self::Unknown => return None,
        };
        self.name().map(|name| format!("{what} {}", name.raw()))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> Option<Untrusted<'a>> {
        match *self {
            Self::Service { principal, .. } => Some(Untrusted::new(principal.as_ref())),
            Self::NodeGroup(name)
            | Self::AutoScalingGroup(name)
            | Self::Stack { name, .. }
            | Self::NodePool { name, .. }
            | Self::LaunchTemplate(name) => Some(name),
            Self::Unknown => None,
        }
    }

    /// The word in records and reports.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Service { .. } => "aws-service",
            Self::NodeGroup(_) => "eks-node-group",
            Self::AutoScalingGroup(_) => "auto-scaling-group",
            Self::Stack { .. } => "cloudformation-stack",
            Self::NodePool { .. } => "karpenter-node-pool",
            Self::LaunchTemplate(_) => "launch-template",
            Self::Unknown => "unknown",
        }
    }
}

fn short(name: Untrusted<'_>) -> String {
    shown(name.raw())
}

fn shown(text: &str) -> String {
    OneLine(&excerpt(text, MAX_NAME_CHARS)).to_string()
}

impl Serialize for Provenance<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields<'a> {
            made_by: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<Untrusted<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            launch_template_id: Option<Untrusted<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            launch_template_version: Option<Untrusted<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            stack: Option<Untrusted<'a>>,
        }
        let fields = Fields {
            made_by: self.maker.kind(),
            name: self.maker.name(),
            launch_template_id: self.launch_template.map(|it| it.id),
            launch_template_version: self.launch_template.and_then(|it| it.version),
            stack: self.stack,
        };
        fields.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{instance, tags};

    const GROUP: (&str, &str) = ("aws:autoscaling:groupName", "web");
    const NODES: (&str, &str) = ("eks:nodegroup-name", "workers");
    const STACK: (&str, &str) = ("aws:cloudformation:stack-name", "shop");
    const RESOURCE: (&str, &str) = ("aws:cloudformation:logical-id", "Web");
    const POOL: (&str, &str) = ("karpenter.sh/nodepool", "default");
    const CLASS: (&str, &str) = ("karpenter.k8s.aws/ec2nodeclass", "gpu");
    const TEMPLATE: (&str, &str) = ("aws:ec2launchtemplate:id", "lt-1");
    const VERSION: (&str, &str) = ("aws:ec2launchtemplate:version", "3");

    fn made_by_service(principal: &str, pairs: &[(&str, &str)]) -> Instance {
        let mut instance = instance(tags(pairs));
        instance.operator = Some(principal.parse().unwrap());
        instance
    }

    #[test]
    fn the_place_is_that_of_what_is_nearest_to_the_instance() {
        let auto_mode = ("eks:kubernetes-node-class-name", "default");
        let made = |pairs: &[_]| instance(tags(pairs));
        for (instance, place) in [
            (
                made_by_service("eks.amazonaws.com", &[auto_mode, POOL, TEMPLATE]),
                "AWS service eks.amazonaws.com: spec.tags of a NodeClass of your own, which the cluster's role must be \
                 allowed to set; it was NodeClass default",
            ),
            (
                made_by_service("ecs.amazonaws.com", &[]),
                "AWS service ecs.amazonaws.com: the capacity provider's tags, with propagateTags CAPACITY_PROVIDER",
            ),
            (
                made_by_service("scaler.lambda.amazonaws.com", &[]),
                "AWS service scaler.lambda.amazonaws.com: what scaler.lambda.amazonaws.com lets you set: it launches \
                 the instances",
            ),
            (
                made(&[NODES, GROUP, TEMPLATE, VERSION]),
                "EKS node group workers: TagSpecifications of the launch template that you gave the node group; its \
                 own tags do not reach instances",
            ),
            (
                made(&[GROUP, POOL, TEMPLATE, VERSION]),
                "Auto Scaling group web: the group's tags, with PropagateAtLaunch",
            ),
            (
                made(&[GROUP, STACK, RESOURCE]),
                "Auto Scaling group web: the group's Tags in CloudFormation stack shop, with PropagateAtLaunch",
            ),
            (
                made(&[STACK, RESOURCE, POOL, TEMPLATE]),
                "CloudFormation stack shop: the tags of the stack, or Tags of Web in its template",
            ),
            (
                made(&[STACK]),
                "CloudFormation stack shop: the tags of the stack",
            ),
            (
                made(&[POOL, CLASS, TEMPLATE]),
                "Karpenter node pool default: spec.tags of EC2NodeClass gpu",
            ),
            (
                made(&[POOL]),
                "Karpenter node pool default: spec.tags of the node pool's EC2NodeClass",
            ),
            (
                made(&[TEMPLATE, VERSION]),
                "launch template lt-1: a new version of the launch template, with TagSpecifications for instances",
            ),
            (
                made(&[("Name", "web")]),
                "tags at launch (TagSpecifications); EC2 does not say what launched this one",
            ),
        ] {
            assert_eq!(Provenance::of(&instance).place(), place);
        }
    }

    #[test]
    fn all_that_made_it_is_named_on_one_line_and_in_json() {
        for (pairs, made_by, json) in [
            (
                &[GROUP, TEMPLATE, VERSION, STACK][..],
                Some(
                    "Auto Scaling group web, launch template lt-1, version 3, CloudFormation stack shop",
                ),
                json!({"madeBy": "auto-scaling-group", "name": "web", "launchTemplateId": "lt-1",
                       "launchTemplateVersion": "3", "stack": "shop"}),
            ),
            (
                &[NODES],
                Some("EKS node group workers"),
                json!({"madeBy": "eks-node-group", "name": "workers"}),
            ),
            (
                &[STACK],
                Some("CloudFormation stack shop"),
                json!({"madeBy": "cloudformation-stack", "name": "shop", "stack": "shop"}),
            ),
            (
                &[POOL],
                Some("Karpenter node pool default"),
                json!({"madeBy": "karpenter-node-pool", "name": "default"}),
            ),
            (
                &[TEMPLATE, VERSION],
                Some("launch template lt-1, version 3"),
                json!({"madeBy": "launch-template", "name": "lt-1", "launchTemplateId": "lt-1",
                       "launchTemplateVersion": "3"}),
            ),
            (&[], None, json!({"madeBy": "unknown"})),
        ] {
            let instance = instance(tags(pairs));
            let provenance = Provenance::of(&instance);
            assert_eq!(provenance.made_by().as_deref(), made_by);
            assert_eq!(serde_json::to_value(provenance).unwrap(), json);
        }
        let managed = made_by_service("eks.amazonaws.com", &[]);
        assert_eq!(
            serde_json::to_value(Provenance::of(&managed)).unwrap(),
            json!({"madeBy": "aws-service", "name": "eks.amazonaws.com"})
        );
    }

    #[test]
    fn a_name_can_neither_forge_a_line_nor_fill_a_message() {
        let long = "\n".repeat(255);
        for key in [GROUP.0, NODES.0, STACK.0, POOL.0, TEMPLATE.0] {
            let instance = instance(tags(&[
                (key, &long),
                (VERSION.0, &long),
                (CLASS.0, &long),
                (RESOURCE.0, &long),
            ]));
            let provenance = Provenance::of(&instance);
            for text in [provenance.made_by().unwrap(), provenance.place()] {
                assert!(!text.contains('\n') && text.len() < 1_500, "{text}");
            }
        }
    }
}
