"""The network: the database where nothing from outside reaches it, the functions where they reach the database and the internet."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.stages import Stage


class Network(Construct):
    """A VPC of two zones. Its NAT is one small machine (`instance`) or a gateway in each zone (`gateway`)."""

    def __init__(self, scope: Construct, name: str, stage: Stage) -> None:
        super().__init__(scope, name)
        nat = _nat_instance() if stage.nat == "instance" else ec2.NatProvider.gateway()
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=2 if stage.is_redundant else 1,
            nat_gateway_provider=nat,
            restrict_default_security_group=False,  # it is used by nothing; closing it takes a function with rights of its own
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=26, map_public_ip_on_launch=False),
                ec2.SubnetConfiguration(name="Functions", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=22),
                ec2.SubnetConfiguration(name="Database", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=26),
            ],
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
        )
        self.vpc.add_flow_log(
            "Flows",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(logs.LogGroup(self, "FlowLog", retention=logs.RetentionDays.ONE_MONTH)),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
        if isinstance(nat, ec2.NatInstanceProviderV2):
            nat.connections.allow_from(ec2.Peer.ipv4(self.vpc.vpc_cidr_block), ec2.Port.tcp(443), "functions call other people's APIs")
        for machine in self.vpc.node.find_all():
            if isinstance(machine, ec2.CfnInstance):
                _guard(machine)
        self.functions = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        self.database = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)


def _nat_instance() -> ec2.NatInstanceProviderV2:
    return ec2.NatProvider.instance_v2(
        instance_type=ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.NANO),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
        default_allowed_traffic=ec2.NatTrafficDirection.OUTBOUND_ONLY,
    )


def _guard(machine: ec2.CfnInstance) -> None:
    """The NAT machine's disk is encrypted, and it is watched each minute. It may be ended: it holds nothing, and is made anew."""
    disk = ec2.CfnInstance.EbsProperty(encrypted=True, volume_size=8, volume_type="gp3")
    machine.block_device_mappings = [ec2.CfnInstance.BlockDeviceMappingProperty(device_name="/dev/xvda", ebs=disk)]
    machine.monitoring = True
