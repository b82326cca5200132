# pyright: reportArgumentType=false, reportReturnType=false
# (the protocols that jsii generates name parameters otherwise than its classes)
"""One address for everything: the static site, the API under `/api`, the sockets under `/ws`. So cookies are first-party."""

import re
from pathlib import Path
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from dispatch.kit.edge import KEY, VIEWER
from infra.constructs.edge_key import EdgeKey
from infra.constructs.http import HttpApi
from infra.constructs.sockets import Sockets
from infra.site_headers import security_headers

LOGS_KEPT = Duration.days(30)
SCREENS = """\
function handler(event) {
  var request = event.request;
  if (!/\\.[a-z0-9]+$/i.test(request.uri)) request.uri = '/index.html';
  return request;
}
"""  # a screen's address is the page's; a file's is its own, and missing where it is missing

VIEWERS = f"""\
function handler(event) {{
  event.request.headers['{VIEWER}'] = {{ value: event.viewer.ip }};
  return event.request;
}}
"""  # the policy that adds CloudFront's own header would also pass the viewer's Host on, which API Gateway refuses


class Site(Construct):
    """The bucket and the distribution before everything."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        http: HttpApi,
        sockets: Sockets,
        edge: EdgeKey,
        built: Path,
        waf_arn: str | None,
        keeps_data: bool,
    ) -> None:
        super().__init__(scope, name)
        self._domain = self.node.try_get_context("domain")
        self.logs = self._bucket("Log", keeps_data=keeps_data, is_log=True)
        self.bucket = self._bucket("Files", keeps_data=keeps_data, logs=self.logs)
        region = Stack.of(self).region
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Dispatch",
            default_root_object="index.html",
            default_behavior=self._files(built),
            additional_behaviors={
                "/api/*": self._api(f"{http.api.api_id}.execute-api.{region}.amazonaws.com", edge),
                "/ws": cloudfront.BehaviorOptions(**_passed_on(f"{sockets.api.api_id}.execute-api.{region}.amazonaws.com")),
            },
            domain_names=[self._domain] if self._domain else None,
            certificate=self._certificate(),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            web_acl_id=waf_arn,
            log_bucket=self.logs,
            log_includes_cookies=False,
        )

    @property
    def address(self) -> str:
        """Where people open it."""
        return f"https://{self._domain or self.distribution.distribution_domain_name}"

    def _certificate(self) -> acm.ICertificate | None:
        """That of the domain, where there is one. CloudFront wants it in us-east-1."""
        arn = self.node.try_get_context("certificate")
        if bool(arn) != bool(self._domain):
            raise ValueError("A domain of one's own needs its certificate: DOMAIN and CERTIFICATE (an ARN in us-east-1) go together.")
        return acm.Certificate.from_certificate_arn(self, "Certificate", arn) if arn else None

    def _api(self, domain: str, edge: EdgeKey) -> cloudfront.BehaviorOptions:
        """The API hears who asks, and that it was asked through here."""
        viewers = cloudfront.Function(
            self, "Viewers", code=cloudfront.FunctionCode.from_inline(VIEWERS), runtime=cloudfront.FunctionRuntime.JS_2_0
        )
        return cloudfront.BehaviorOptions(
            function_associations=[
                cloudfront.FunctionAssociation(function=viewers, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST)
            ],
            **_passed_on(domain, headers={KEY: edge.header}),
        )

    def _files(self, built: Path) -> cloudfront.BehaviorOptions:
        screens = cloudfront.Function(
            self, "Screens", code=cloudfront.FunctionCode.from_inline(SCREENS), runtime=cloudfront.FunctionRuntime.JS_2_0
        )
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            compress=True,
            response_headers_policy=self._headers(built),
            function_associations=[
                cloudfront.FunctionAssociation(function=screens, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST)
            ],
        )

    def _headers(self, built: Path) -> cloudfront.ResponseHeadersPolicy:
        """The headers that the laptop's door sends too, from one place."""
        said = security_headers(built / "index.html", sockets="")
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=re.sub(r"\s+", " ", said["content-security-policy"]), override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(frame_option=cloudfront.HeadersFrameOption.DENY, override=True),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.SAME_ORIGIN, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=True, override=True
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=header, value=said[header], override=True)
                    for header in ("permissions-policy", "cross-origin-opener-policy")
                ]
            ),
        )

    def _bucket(self, role: str, *, keeps_data: bool, logs: s3.Bucket | None = None, is_log: bool = False) -> s3.Bucket:
        return s3.Bucket(
            self,
            role,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED if is_log else None,  # CloudFront writes its log by ACL
            lifecycle_rules=[s3.LifecycleRule(expiration=LOGS_KEPT)] if is_log else None,
            server_access_logs_bucket=logs,
            server_access_logs_prefix="files/" if logs else None,
            removal_policy=RemovalPolicy.RETAIN if keeps_data else RemovalPolicy.DESTROY,
        )


def _passed_on(domain: str, *, headers: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "origin": origins.HttpOrigin(
            domain,
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            read_timeout=Duration.seconds(30),
            custom_headers=headers,
        ),
        "viewer_protocol_policy": cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        "allowed_methods": cloudfront.AllowedMethods.ALLOW_ALL,
        "cache_policy": cloudfront.CachePolicy.CACHING_DISABLED,
        "origin_request_policy": cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    }
