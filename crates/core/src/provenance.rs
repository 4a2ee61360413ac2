//! What made an instance, and where the next launch gets its tags, as far as `DescribeInstances` says.

use serde::{Serialize, Serializer};

use crate::instance::{Instance, ServicePrincipal};
use crate::policy::TagPolicy;
use crate::text::{OneLine, Untrusted, excerpt};

/// How many characters of a name are shown.
const MAX_NAME_CHARS: usize = 100;

/// What made an instance.
///
/// Only AWS sets tags that begin with "aws:" ("Tag restrictions", Amazon EC2 user guide). Anyone who can tag an
/// instance can forge the others, which only misdirects the advice on where to fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance<'a> {
    /// What launched it.
    pub maker: Maker<'a>,
    /// The launch template, whoever used it.
    pub launch_template: Option<LaunchTemplate<'a>>,
    /// The stack, which tags everything that it makes, even indirectly.
    pub stack: Option<Untrusted<'a>>,
}

/// What launched an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker<'a> {
    /// An AWS service that manages the instance.
    Service {
        principal: &'a ServicePrincipal,
        /// The node class of EKS Auto Mode.
        node_class: Option<Untrusted<'a>>,
    },
    /// A managed node group. Its Auto Scaling group belongs to EKS.
    NodeGroup(Untrusted<'a>),
    /// An Auto Scaling group.
    AutoScalingGroup(Untrusted<'a>),
    /// A stack that has the instance as a resource.
    Stack {
        name: Untrusted<'a>,
        /// The resource's name in the template.
        resource: Option<Untrusted<'a>>,
    },
    NodePool {
        /// The node pool.
        name: Untrusted<'a>,
        /// Its node class.
        node_class: Option<Untrusted<'a>>,
    },
    /// Something unknown, from this launch template.
    LaunchTemplate(Untrusted<'a>),
    /// A person or a program that EC2 doesn't name.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaunchTemplate<'a> {
    pub id: Untrusted<'a>,
    /// The version that the instance was launched from.
    pub version: Option<Untrusted<'a>>,
}

impl<'a> Provenance<'a> {
    /// What made an instance. Ignores tags that the policy masks.
    #[must_use]
    pub fn of(instance: &'a Instance, policy: &TagPolicy) -> Self {
        let tag = |key| policy.unmasked(key, &instance.tags);
        let launch_template = tag("aws:ec2launchtemplate:id").map(|id| LaunchTemplate {
            id,
            version: tag("aws:ec2launchtemplate:version"),
        });
        let stack = tag("aws:cloudformation:stack-name");
        let service = instance.operator.as_ref().map(|principal| Maker::Service {
            principal,
            node_class: tag("eks:kubernetes-node-class-name"),
        });
        // After the tags that only AWS can set, which Karpenter's instances lack.
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

    /// What launched the instance, on one line. None if EC2 doesn't say.
    #[must_use]
    pub fn maker_line(&self) -> Option<String> {
        self.maker.text().map(|maker| shown(&maker))
    }

    /// Everything that made the instance, on one line. None if EC2 doesn't say.
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
            // "AWS tags for EKS Auto Mode": built-in node classes can't be changed.
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
    /// The name that people know it by, not escaped. None if EC2 doesn't say.
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
mod tests;
