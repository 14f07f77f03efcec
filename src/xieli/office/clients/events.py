"""Acts of programs and about them."""
from __future__ import annotations

from xieli.engines.ledger import register

register("client.proposed", {"token": "ref", "person_named": "ref", "scopes": "text", "reason": "text", "until": "instant"},
         zh="{by} 提出为 {person_named} 签发接口令牌 {token}（范围 {scopes}，至 {until}；{reason}）", en="{by} asked for token {token} for {person_named} (scopes {scopes}, until {until}; {reason})")
register("client.confirmed", {"token": "ref"}, zh="{by} 确认接口令牌 {token}", en="{by} confirmed token {token}")
register("client.collected", {"token": "ref"}, zh="{by} 领取接口令牌 {token}", en="{by} collected token {token}")
register("client.revoked", {"token": "ref"}, zh="{by} 作废接口令牌 {token}", en="{by} revoked token {token}")
# the one read event of a request: which program, through which route, what for; the matters are the event's own
register("client.looked", {"token": "ref", "route": "code", "why": "text"}, personal=("asked",),
         zh="{by} 经接口令牌 {token} 查看 {matters}（{route}；目的：{why}；条件：{personal.asked}）", en="{by} read {matters} through token {token} ({route}; purpose: {why}; asked: {personal.asked})")
register("client.acted", {"token": "ref", "route": "code", "key": "text?"}, zh="{by} 经接口令牌 {token} 办理（{route}，请求号 {key}）", en="{by} acted through token {token} ({route}, request {key})")
register("webhook.host_allowed", {"host": "text", "port": "int", "private": "bool"}, zh="{by} 允许回调主机 {host}:{port}（内网：{private}）", en="{by} allowed webhook host {host}:{port} (private: {private})")
register("webhook.host_ended", {"host": "ref"}, zh="{by} 取消回调主机 {host}", en="{by} ended webhook host {host}")
register("webhook.made", {"webhook": "ref", "body": "ref", "kinds": "text"}, zh="{by} 为 {body} 设立回调 {webhook}（{kinds}）", en="{by} made webhook {webhook} for {body} ({kinds})")
register("webhook.changed", {"webhook": "ref", "kinds": "text"}, zh="{by} 修改回调 {webhook}（{kinds}）", en="{by} changed webhook {webhook} ({kinds})")
register("webhook.rotated", {"webhook": "ref"}, zh="{by} 更换回调 {webhook} 的密钥", en="{by} rotated the secret of webhook {webhook}")
register("webhook.ended", {"webhook": "ref"}, zh="{by} 停用回调 {webhook}", en="{by} ended webhook {webhook}")
register("webhook.resent", {"delivery": "ref"}, zh="{by} 重新投递 {delivery}", en="{by} sent delivery {delivery} again")
