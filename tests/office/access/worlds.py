"""Random worlds for the model-based proof: made as the oracle's facts, loaded into a database, moved through time in both."""
from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from xieli.engines import needtoknow as ntk

T0 = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACTS = ("read", "write", "approve", "grant", "handover", "close", "export", "note")
NAMES = ("张伟", "王芳", "李娜", "刘洋", "陈静")


class RandomWorld:
    """One world: the oracle's facts, the sessions' cookies, and the same facts in the database of `connection`.

    Everything happens in the transaction that the caller opened and will roll back.
    """

    def __init__(self, connection: psycopg.Connection[Any], seed: int, *, people: int = 9, matters: int = 16, playbook_sha: str = "x") -> None:
        self.c = connection
        self.playbook_sha = playbook_sha
        self.r = random.Random(seed)
        self.base = 100_000 + (seed % 9000) * 1000
        self.next_id = self.base
        self.t = T0
        self.differences: list[str] = []
        self.decisions = 0
        self.world = ntk.World(level_cap=2)
        self.sessions: list[tuple[str, ntk.Session]] = []
        self.titles: dict[int, str] = {}
        self.set_time(T0)
        self._load(people, matters)

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def set_time(self, t: datetime) -> None:
        """Move the installation's clock so that access.now() is exactly t in this transaction."""
        self.c.execute("update access.clock_offset set by = %s - now()", [t])
        self.t = t

    def _when(self) -> datetime:
        return T0 + self.r.randint(-48, 72) * HOUR

    def _span(self) -> tuple[datetime, datetime | None]:
        """From–to around now; open in a third of the cases."""
        start = T0 - self.r.randint(0, 60) * HOUR if self.r.random() < 0.9 else T0 + self.r.randint(1, 40) * HOUR
        return start, None if self.r.random() < 0.35 else start + self.r.randint(1, 90) * HOUR

    def _random_id(self) -> int:
        return self.r.getrandbits(61) | 1 << 61

    def _id(self) -> int:
        self.next_id += 1
        return self.next_id

    def _maybe(self, options: Any, chance: float) -> Any:
        options = list(options)
        return self.r.choice(options) if options and self.r.random() < chance else None

    # ── making ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _load(self, people: int, matters: int) -> None:
        r, w, c = self.r, self.world, self.c
        c.execute("update access.installation set level_cap = 2")
        top = self._id()
        for i in [top] + [self._id() for _ in range(3)]:
            unit = self._maybe([b for b in w.bodies if b != top], 0.5)
            w.bodies[i] = ntk.Body(i, None if i == top else top, unit)
            c.execute(
                "insert into body (id, code, kind, rank, name_zh, name_en, short_zh, short_en, division_code, sector, document_mark, initials,"
                " sort_key, valid_from, parent_id, unit_id) values (%s, %s, 'commission', 'county', '机构', 'body', '', '', '990000', '', '', '{}', '',"
                " '2020-01-01', %s, %s)", [i, f"b{i}", w.bodies[i].parent, unit])
        rooms = {self._id(): body for body in w.bodies for _ in range(2)}
        for i, body in rooms.items():
            c.execute("insert into room (id, body_id, kind, name_zh, name_en, valid_from) values (%s, %s, 'supervision', '室', 'room', '2020-01-01')", [i, body])
        for body in w.bodies:
            for code in ("head", "deputy", "handler", "room_head"):
                i = self._id()
                room = r.choice([x for x, b in rooms.items() if b == body]) if code == "room_head" else None
                lines = frozenset(x for x in rooms if r.random() < 0.15) if code == "deputy" else frozenset()
                bodies = frozenset(x for x in w.bodies if r.random() < 0.1) if code == "deputy" else frozenset()
                w.offices[i] = ntk.Office(i, body, code, room, lines, bodies)
                c.execute("insert into office (id, body_id, room_id, code, title_zh, title_en, valid_from) values (%s, %s, %s, %s, '职', 'o', '2020-01-01')", [i, body, room, code])
                for x in lines:
                    c.execute("insert into office_line_room (office_id, room_id) values (%s, %s)", [i, x])
                for x in bodies:
                    c.execute("insert into office_line_body (office_id, body_id) values (%s, %s)", [i, x])
        for _ in range(2):
            i, lead = self._id(), self._maybe(w.bodies, 0.8)
            valid_from = (T0 + timedelta(days=r.randint(-3, 1))).date()
            valid_to = None if r.random() < 0.5 else valid_from + timedelta(days=r.randint(1, 4))
            w.areas.append(ntk.Area(i, lead, valid_from, valid_to))
            c.execute("insert into area (id, kind, name_zh, name_en, lead_body_id, basis, plan_digest, valid_from, valid_to) values (%s, 'cooperation', '片区', 'area', %s, '', '', %s, %s)", [i, lead, valid_from, valid_to])
        for n in range(people):
            i = self._id()
            w.persons[i] = ntk.Person(i, r.choice((0, 1, 2, 2, 3)), r.random() > 0.08, f"d{self.base}-{n}" if r.random() < 0.7 else None)
            self._insert_person(w.persons[i])
            for _ in range(r.choice((0, 1, 1, 2, 2, 3))):
                self._posting(i, rooms)
        digests = [p.digest for p in w.persons.values() if p.digest] + [f"out{self.base}-{n}" for n in range(3)]
        for _ in range(6):
            k = ntk.Kin(r.choice(list(w.persons)), r.choice(digests), r.random() < 0.75)
            w.kin.append(k)
            c.execute("insert into kin (person_id, relation, name, id_digest, near) values (%s, '配偶', '亲属', %s, %s)", [k.person, k.digest and k.digest.encode(), k.near])
        for _ in range(3):
            person, body = r.choice(list(w.persons)), r.choice(list(w.bodies))
            w.former.append((person, body))
            c.execute("insert into former_employment (person_id, body_id, unit_name, valid_from) values (%s, %s, '原单位', '2010-01-01')", [person, body])
        comps = [c.execute("insert into compartment (code, name) values (%s, '隔离组') returning id", [f"k{self.base}-{n}"]).fetchone()[0] for n in range(2)]  # type: ignore[index]
        for _ in range(people):
            start, end = self._span()
            h = ntk.Holder(r.choice(comps), r.choice(list(w.persons)), start, end or start + timedelta(days=300), r.random() < 0.85)
            w.holders.append(h)
            c.execute("insert into compartment_holder (compartment_id, person, starts_at, ends_at, granted_by, confirmed_by) values (%s, %s, %s, %s, 1, %s)",
                      [h.compartment, h.person, h.start, h.end, 2 if h.confirmed else None])
        for _ in range(matters):
            self._matter(rooms, comps, digests)
        self._teams()
        for _ in range(matters):
            self._recusal()
        self.check_automatic()
        for _ in range(matters * 5):
            self._grant()
        for _ in range(matters // 2):
            self._recusal()
        for person in w.persons:
            mine = [p for p in w.postings if p.person == person]
            for capacity in [None, *(p.id for p in mine if r.random() < 0.5)]:
                cookie = f"c{self.base}-{person}-{capacity}"
                ended = r.random() < 0.05
                s = ntk.Session(person, T0, T0, T0 + timedelta(days=30), timedelta(days=30 if r.random() < 0.95 else 1), capacity, ended)
                c.execute("insert into access.session (id, token, person, posting, opened_at, seen_at, until, idle, proved_at, ended_at)"
                          " values (access.new_id(), sha256(%s), %s, %s, %s, %s, %s, %s, %s, %s)",
                          [cookie.encode(), person, capacity, T0, T0, s.until, s.idle, s.until, T0 if ended else None])  # a fresh proof of identity is not this model's question
                self.sessions.append((cookie, s))

    def _insert_person(self, p: ntk.Person) -> None:
        self.c.execute("insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account, id_digest)"
                       " values (%s, '某', '', '{}', '', '', '', %s, %s, true, %s)", [p.id, p.clearance, p.active, p.digest and p.digest.encode()])

    def _posting(self, person: int, rooms: dict[int, int]) -> None:
        r, w = self.r, self.world
        body = r.choice(list(w.bodies))
        room = self._maybe([x for x, b in rooms.items() if b == body], 0.7)
        office = self._maybe([o.id for o in w.offices.values() if o.body == body], 0.5)
        home = self._maybe([b for b in w.bodies if b != body], 0.25)
        start, end = self._span()
        kind = "regular" if r.random() < 0.5 else "borrowing"
        confirmed = r.random() < 0.9
        row = self.c.execute(
            "insert into posting (person_id, body_id, room_id, office_id, home_body_id, kind, starts_at, ends_at, confirmed_by_id, basis, is_deputy)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, '', false) returning id",
            [person, body, room, office, home, kind, start, end, person if confirmed else None]).fetchone()
        assert row is not None
        w.postings.append(ntk.Posting(row[0], person, body, start, end, room, office, home, kind, confirmed))

    def _matter(self, rooms: dict[int, int], comps: list[int], digests: list[str]) -> None:
        r, w, c = self.r, self.world, self.c
        i, body = self._random_id(), r.choice(list(w.bodies))
        room = self._maybe([x for x, b in rooms.items() if b == body], 0.7)
        m = ntk.Matter(i, body, room, r.choice((0, 0, 1, 2)), frozenset(x for x in comps if r.random() < 0.2), r.random() < 0.85)
        w.matters[i], self.titles[i] = m, f"关于{r.choice(NAMES)}的问题线索"
        from xieli.office.access.search import grams

        c.execute("insert into matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, owner_room_id, level, status, stages, series, number,"
                  " urgent, source, source_grade, opened_at, close_kind, row_version, acl, deny, comps, sure_until, grams, next_due)"
                  " values (%s, 'lead', 1, %s, %s, '', %s, %s, %s, %s, '{}', '', '', false, '', '', %s, '', 1, '{}', '{}', %s, '9999-01-01+00', %s, %s)",
                  [i, self.playbook_sha, self.titles[i], body, room, m.level, "open" if m.open else "closed", T0, sorted(m.comps), grams(self.titles[i]), self._when() if r.random() < 0.8 else None])
        for _ in range(r.choice((0, 1, 1, 2))):
            start, end = self._span()
            p = ntk.Party(i, r.choice(list(w.bodies)), start, end)
            w.parties.append(p)
            c.execute("insert into matter_body (id, matter_id, body_id, role, starts_at, ends_at) values (access.new_id(), %s, %s, 'assisting', %s, %s)", [i, p.body, start, end])
        for _ in range(r.choice((1, 1, 2))):
            known = r.random()
            s = ntk.Subject(i, r.choice(list(w.persons)) if known < 0.2 else None, r.choice(digests) if known > 0.75 else None,
                            self._maybe(w.bodies, 0.5), "witness" if r.random() < 0.2 else "subject")
            w.subjects.append(s)
            c.execute("insert into matter_subject (id, matter_id, kind, name, id_digest, id_tail, person_id, unit_body_id, unit_name, post, cadre_rank, dual_managed, role)"
                      " values (access.new_id(), %s, 'person', '某', %s, '', %s, %s, '', '', '', false, %s)",
                      [i, s.digest and s.digest.encode(), s.person, s.unit, s.role])

    def _teams(self) -> None:
        for _ in range(4):
            i, (start, end) = self._id(), self._span()
            t = ntk.Team(i, start, end, self._maybe(self.world.matters, 0.7))
            self.world.teams[i] = t
            self.c.execute("insert into team (id, matter_id, kind, name_zh, name_en, composition, starts_at, ends_at) values (%s, %s, 'case_team', '组', '', '', %s, %s)", [i, t.matter, start, end])
            for person in self.r.sample(list(self.world.persons), 4):
                s, e = self._span()
                self.world.members.append(ntk.TeamMember(i, person, s, e))
                self.c.execute("insert into team_member (id, team_id, person_id, slot, starts_at, ends_at) values (access.new_id(), %s, %s, 'x', %s, %s)", [i, person, s, e])

    def principals(self) -> list[int]:
        w = self.world
        return [*w.persons, *w.persons, *w.bodies, *w.offices, *w.teams, *w.teams, *(a.id for a in w.areas), *sorted({p.room for p in w.postings if p.room is not None})]

    def _grant(self) -> None:
        """The same grant offered to the oracle and to the database: both refuse, or both record the same end and posting."""
        r, w = self.r, self.world
        m, kind = r.choice(list(w.matters.values())), r.choice(list(ntk.KINDS))
        acts = {"read"} if r.random() < 0.9 else set()
        acts |= {a for a in sorted(ntk.KINDS[kind].acts) if r.random() < 0.5}
        if r.random() < 0.05:
            acts.add("approve" if kind == "handler" else "close")
        start, end = self._span()
        start = max(start, T0 - 50 * HOUR)
        end = end if end and end > start else start + timedelta(days=r.choice((1, 400)))
        principal, basis = r.choice(self.principals()), "basis"
        identity = self._random_id()
        try:
            g = ntk.new_grant(w, identity=identity, matter=m, principal=principal, kind=kind, acts=acts, start=start, end=end, basis=basis, now=self.t)
        except ntk.GrantRefused:
            g = None
        self.decisions += 1
        try:
            with self.c.transaction():
                stored = self.c.execute(
                    "insert into matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)"
                    " values (%s, %s, %s, %s, %s, %s, %s, %s, '', 1, %s) returning ends_at, posting",
                    [identity, m.id, principal, kind, sorted(acts), start, end, basis, self.t]).fetchone()
        except (psycopg.errors.CheckViolation, psycopg.errors.RaiseException):
            stored = None
        if (g is None) != (stored is None) or (g is not None and stored is not None and (g.end, g.posting) != stored):
            self.differences.append(f"grant {kind} {sorted(acts)} to {principal}: oracle {g}, database {stored}")
        if g is not None:
            w.grants.append(g)

    def _recusal(self) -> None:
        r, w = self.r, self.world
        start, end = self._span()
        principal = r.choice(list(w.persons if r.random() < 0.55 else w.bodies))
        x = ntk.Recusal(self._random_id(), r.choice(list(w.matters)), principal, r.choice(("raised", "in_force", "in_force", "rejected")), start, end or start + timedelta(days=300))
        w.recusals.append(x)
        self.c.execute("insert into recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, reason) values (%s, %s, %s, 'tie', false, %s, %s, %s, '')",
                       [x.id, x.matter, x.principal, x.state, x.start, x.end])

    # ── what the database made by itself ───────────────────────────────────────────────────────────────────────────

    def check_automatic(self) -> None:
        """Automatic recusals of the database against the oracle's; then they are facts of the world."""
        w = self.world
        stored = self.c.execute("select id, matter_id, principal, ground, state, starts_at, ends_at from recusal where automatic and matter_id = any (%s)", [list(w.matters)]).fetchall()
        named = {(x.matter, x.principal) for x in w.recusals if x.state == "in_force" and self.t < x.end}
        for matter in w.matters:
            facts = ntk.automatic_recusals(w, matter, self.t)
            expected = {g.person for g in facts if g.state == "in_force"}
            found = {row[2] for row in stored if row[1] == matter and row[4] == "in_force"}
            asked = {row[2] for row in stored if row[1] == matter and row[4] == "raised"}
            self.decisions += 2 * len(w.persons)
            # one who is recused already is not recused twice, nor asked about
            if {x for x in expected if (matter, x) not in named} - found or found - expected:
                self.differences.append(f"automatic recusals of {matter}: oracle {expected}, database {found}")
            if not {g.person for g in facts if g.state == "raised"} <= asked | {p for m, p in named if m == matter} or asked - {p for p, _ in w.former}:
                self.differences.append(f"raised recusals of {matter}: oracle {facts}, database {asked}")
        known = {x.id for x in w.recusals}
        w.recusals += [ntk.Recusal(row[0], row[1], row[2], row[4], row[5], row[6], row[3]) for row in stored if row[0] not in known]

    def sweep(self) -> None:
        """Run the sweeper; the leaders' grants that it generates become facts of the world, if the oracle agrees with them."""
        before = {g.id for g in self.world.grants}
        self.c.execute("select access.sweep(10000)")
        rows = self.c.execute("select id, matter_id, principal, kind, acts, starts_at, ends_at, basis, revoked_at, posting from matter_grant"
                              " where basis = 'line' and matter_id = any (%s)", [list(self.world.matters)]).fetchall()
        for row in rows:
            if row[0] not in before:
                self.decisions += 1
                if row[2] not in ntk.line_offices(self.world, self.world.matters[row[1]]) or row[5] != self.t:
                    self.differences.append(f"a leader's grant that no line explains: {row}")
                self.world.grants.append(ntk.Grant(row[0], row[1], row[2], row[3], frozenset(row[4]), row[5], row[6], row[7], row[8], row[9]))

    # ── change ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def change(self) -> None:
        """One random change, made in both."""
        r, w, c = self.r, self.world, self.c
        what = r.choice(("revoke", "revoke", "revoke", "revoke", "posting_ends", "posting_grows", "unconfirm", "clearance", "disable", "decide", "recusal", "grant", "team", "level", "circle", "logout"))
        if what == "revoke":
            live = [i for i, g in enumerate(w.grants) if g.revoked_at is None and g.in_force(self.t)]
            for i in r.sample(live, min(3, len(live))):
                w.grants[i] = replace(w.grants[i], revoked_at=self.t)
                c.execute("update matter_grant set revoked_at = %s where id = %s", [self.t, w.grants[i].id])
        elif what in ("posting_ends", "posting_grows", "unconfirm") and w.postings:
            i = r.randrange(len(w.postings))
            old = w.postings[i]
            new = replace(old, confirmed=False) if what == "unconfirm" else replace(
                old, end=max(old.start + HOUR, self.t + r.randint(-5, 20) * HOUR) if what == "posting_ends" else None)
            w.postings[i] = new
            w.grants[:] = ntk.cut_by_posting(w.grants, old, new, self.t)
            c.execute("update posting set ends_at = %s, confirmed_by_id = %s where id = %s", [new.end, new.person if new.confirmed else None, new.id])
            self.check_automatic_after()
        elif what == "clearance":
            i = r.choice(list(w.persons))
            w.persons[i] = replace(w.persons[i], clearance=r.choice((0, 1, 2)))
            c.execute("update person set clearance = %s where id = %s", [w.persons[i].clearance, i])
        elif what == "disable":
            i = r.choice(list(w.persons))
            w.persons[i] = replace(w.persons[i], active=not w.persons[i].active)
            c.execute("update person set active = %s where id = %s", [w.persons[i].active, i])
            if not w.persons[i].active:
                self.sessions = [(k, replace(s, ended=s.ended or s.person == i)) for k, s in self.sessions]
        elif what == "decide":
            raised = [i for i, x in enumerate(w.recusals) if x.state == "raised"]
            if raised:
                i = r.choice(raised)
                verdict = r.choice(("in_force", "rejected"))
                w.recusals[i] = replace(w.recusals[i], state=verdict, start=min(self.t, w.recusals[i].end - HOUR))
                c.execute("update recusal set state = %s, starts_at = %s where id = %s", [verdict, w.recusals[i].start, w.recusals[i].id])
        elif what == "recusal":
            self._recusal()
        elif what == "grant":
            self._grant()
        elif what == "team":
            i = r.choice(list(w.teams))
            w.teams[i] = replace(w.teams[i], end=self.t)
            c.execute("update team set ends_at = %s where id = %s", [self.t, i])
        elif what == "level":
            i = r.choice(list(w.matters))
            w.matters[i] = replace(w.matters[i], level=r.choice((0, 1, 2)))
            c.execute("update matter set level = %s where id = %s", [w.matters[i].level, i])
        elif what == "circle" and w.holders:
            i = r.randrange(len(w.holders))
            c.execute("update compartment_holder set ends_at = %s where compartment_id = %s and person = %s and starts_at = %s",
                      [max(self.t, w.holders[i].start), w.holders[i].compartment, w.holders[i].person, w.holders[i].start])
            old_holder = w.holders[i]
            w.holders[:] = [replace(h, end=max(self.t, h.start)) if (h.compartment, h.person, h.start) == (old_holder.compartment, old_holder.person, old_holder.start) else h
                            for h in w.holders]
        elif what == "logout":
            i = r.randrange(len(self.sessions))
            cookie, s = self.sessions[i]
            self.sessions[i] = (cookie, replace(s, ended=True))
            c.execute("update access.session set ended_at = access.now() where token = sha256(%s)", [cookie.encode()])

    def check_automatic_after(self) -> None:
        """A posting that moved may bring new automatic recusals; each must be one that the oracle demands."""
        known = {x.id for x in self.world.recusals}
        rows = self.c.execute("select id, matter_id, principal, ground, state, starts_at, ends_at from recusal where automatic and matter_id = any (%s)",
                              [list(self.world.matters)]).fetchall()
        for row in rows:
            if row[0] not in known:
                self.decisions += 1
                if ntk.Ground(row[2], row[3], row[4]) not in ntk.automatic_recusals(self.world, row[1], self.t):
                    self.differences.append(f"an automatic recusal without a fact: {row}")
                self.world.recusals.append(ntk.Recusal(row[0], row[1], row[2], row[4], row[5], row[6], row[3]))

    def _tells(self, at: datetime, matter: ntk.Matter) -> bool:
        """Whether someone's sight of the matter changes at this instant."""
        return any(ntk.sees(self.world, s, matter, at) != ntk.sees(self.world, s, matter, at - timedelta(microseconds=1)) for _, s in self.sessions)

    def boundaries(self) -> list[datetime]:
        """Instants at which something begins or ends; mostly what the caches must follow."""
        w = self.world
        if self.r.random() < 0.75:
            rows = self.c.execute("select sure_until, id from matter where id = any (%s) and sure_until > %s and sure_until < %s order by 1, 2", [list(w.matters), self.t, T0 + timedelta(days=5)])
            return sorted({at for at, m in rows if self._tells(at, w.matters[m])})
        found = {x for g in w.grants if g.revoked_at is None and "read" in g.acts for x in (g.start, g.end)}
        found |= {x for q in w.recusals if q.state == "in_force" for x in (q.start, q.end)}
        found |= {x for p in [*w.postings, *w.members, *w.teams.values()] for x in (p.start, p.end) if x} | {h.end for h in w.holders}
        return sorted(x for x in found if self.t < x < T0 + timedelta(days=5))
