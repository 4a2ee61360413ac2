use serde_json::json;

use super::*;
use crate::testing::{default_policy, instance, policy, tags};

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
        assert_eq!(Provenance::of(&instance, &default_policy()).place(), place);
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
        let provenance = Provenance::of(&instance, &default_policy());
        assert_eq!(provenance.made_by().as_deref(), made_by);
        assert_eq!(serde_json::to_value(provenance).unwrap(), json);
    }
    let managed = made_by_service("eks.amazonaws.com", &[]);
    assert_eq!(
        serde_json::to_value(Provenance::of(&managed, &default_policy())).unwrap(),
        json!({"madeBy": "aws-service", "name": "eks.amazonaws.com"})
    );
}

#[test]
fn what_the_policy_masks_names_no_maker() {
    let policy = policy(&json!({"forbidden_tags": [{"key_pattern": "eks:.*|.*:stack-name"}]}));
    let instance = instance(tags(&[NODES, STACK]));
    let made_by = Provenance::of(&instance, &policy).made_by();
    assert_eq!(made_by.as_deref(), Some("CloudFormation stack shop"));
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
        let provenance = Provenance::of(&instance, &default_policy());
        for text in [provenance.made_by().unwrap(), provenance.place()] {
            assert!(!text.contains('\n') && text.len() < 1_500, "{text}");
        }
    }
}
