#!/usr/bin/env node
// The second verifier of the ledger of acts: same question, another language, another way of counting, OpenSSL's Ed25519.
//
//   node verify.mjs EXPORT… --key FILE [--key FILE] [--witness FILE]… [--json]
//   node verify.mjs --receipt FILE… --key FILE
//
// Written from the description of the format in docs/decisions/ledger-format.md. It needs Node.js ≥ 18 and nothing else.
// It prints one line for each EXPORT. Exit codes: 0 all holds, 1 something does not, 2 cannot be checked at all.
import { createHash, createHmac, createPublicKey, verify as opensslVerify } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, basename } from "node:path";

const sha = (...parts) => { const h = createHash("sha256"); for (const p of parts) h.update(p); return h.digest(); };
const hex = (b) => b.toString("hex");
const LEAF = Buffer.from([0]), NODE = Buffer.from([1]);

// canonical JSON as in RFC 8785; numbers of this format are whole
function canonical(v) {
  if (v === null || typeof v === "boolean" || typeof v === "string") {
    if (typeof v === "string" && !v.isWellFormed()) throw new Error("half a surrogate");
    return JSON.stringify(v);
  }
  if (typeof v === "number") { if (!Number.isSafeInteger(v)) throw new Error("number"); return String(v); }
  if (Array.isArray(v)) return "[" + v.map(canonical).join(",") + "]";
  return "{" + Object.keys(v).sort().map((k) => JSON.stringify(k) + ":" + canonical(v[k])).join(",") + "}";
}
function readCanonical(bytes) {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const value = JSON.parse(text);
  if (canonical(value) !== text) throw new Error("not canonical");
  return value;
}

function linesOf(file) {
  const data = readFileSync(file), out = [];
  let start = 0;
  for (let at; (at = data.indexOf(10, start)) >= 0; start = at + 1) out.push(data.subarray(start, at));
  if (start < data.length) out.push(data.subarray(start));
  return out;
}

function readKeys(files) {
  const keys = new Map();
  const add = (object) => {
    if (object.asymmetricKeyType !== "ed25519") throw new Error("not an Ed25519 key");
    const raw = Buffer.from(object.export({ format: "jwk" }).x, "base64url");
    keys.set(hex(sha(raw)).slice(0, 16), object);
  };
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    const pem = /-----BEGIN PUBLIC KEY-----[\s\S]*?-----END PUBLIC KEY-----/g;
    for (const block of text.match(pem) ?? []) add(createPublicKey(block));
    for (const line of text.replace(pem, "").split(/\r?\n/)) {
      const word = line.split("#")[0].trim();
      if (!word) continue;
      if (!/^[0-9a-fA-F]{64}$/.test(word)) throw new Error("a public key is PEM or 64 hex digits");
      add(createPublicKey({ format: "der", type: "spki", key: Buffer.from("302a300506032b6570032100" + word, "hex") }));
    }
  }
  if (!keys.size) throw new Error("no public key");
  return keys;
}

const isHex = (v) => typeof v === "string" && /^[0-9a-f]{64}$/.test(v);
const isCount = (v) => Number.isSafeInteger(v) && v >= 0;
function readSeal(line) {
  try {
    const m = /^\{(?:"leaves":"([A-Za-z0-9+/]*={0,2})",)?"seal":(\{[ -~]+\}),"sig":"([0-9a-f]{128})"\}$/.exec(line.toString("latin1"));
    if (!m || line.includes(10)) return null;
    const v = readCanonical(Buffer.from(m[2], "latin1"));
    const names = Object.keys(v).filter((k) => k !== "restored").sort().join();
    if (names !== "at,key,log,number,prev,root,rows,size,v" || v.v !== 1 || typeof v.log !== "string" || typeof v.key !== "string") return null;
    if (!isHex(v.prev) || !isHex(v.root) || !isHex(v.rows) || !isCount(v.number) || v.number < 1 || !isCount(v.size)) return null;
    if (typeof v.at !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(v.at)) return null;
    if ("restored" in v) {
      const r = v.restored;
      if (r === null || typeof r !== "object" || Object.keys(r).sort().join() !== "hash,number,size") return null;
      if (!isHex(r.hash) || !Number.isSafeInteger(r.number) || !Number.isSafeInteger(r.size)) return null;
    }
    let leaves = null;
    if (m[1] !== undefined) {
      leaves = Buffer.from(m[1], "base64");
      if (leaves.toString("base64") !== m[1]) return null;
    }
    const canon = Buffer.from(m[2], "latin1"), sig = Buffer.from(m[3], "hex");
    return { ...v, canon, sig, hash: hex(sha(canon, sig)), leaves };
  } catch { return null; }
}

function signed(seal, keys) {
  const key = keys.get(seal.key);
  return !!key && opensslVerify(null, Buffer.concat([Buffer.from("xieli-seal-1\n"), seal.canon]), key, seal.sig);
}

// one row of a store of believed leaf hashes: the list beside a seal, if it is what the seal was signed over
function learn(store, seal) {
  const l = seal.leaves;
  if (!l || l.length % 32 || l.length / 32 > seal.size || hex(sha(l)) !== seal.rows) return;
  const first = seal.size - l.length / 32;
  for (let i = 0; i * 32 < l.length; i++) if (!store.has(first + i)) store.set(first + i, l.subarray(i * 32, i * 32 + 32));
}

class Report {
  constructor() { this.notes = []; this.firstBad = null; this.missing = null; this.badSeals = new Set(); }
  say(text, { row, seal } = {}) {
    this.notes.push(text);
    if (row !== undefined && (this.firstBad === null || row < this.firstBad)) this.firstBad = row;
    if (seal !== undefined) this.badSeals.add(seal);
  }
}

function sealsOf(lines, keys, report, witness) {
  const name = witness ? `witness ${witness}: ` : "", byNumber = new Map();
  lines.forEach((line, i) => {
    const seal = readSeal(line);
    if (!seal) report.say(`${name}line ${i + 1} is no seal`);
    else if (byNumber.has(seal.number)) report.say(`${name}seal ${seal.number} appears twice`, { seal: seal.number });
    else byNumber.set(seal.number, seal);
  });
  // backwards: the next good seal vouches for the one before it; where that thread is cut a signature is needed
  const trusted = new Set(), good = [];
  for (const n of [...byNumber.keys()].sort((a, b) => b - a)) {
    const seal = byNumber.get(n);
    if (trusted.has(seal.hash) || signed(seal, keys)) { trusted.add(seal.prev); good.unshift(seal); }
    else report.say(`${name}seal ${n} is not signed by a given key`, { seal: n });
  }
  if (!witness && (!good.length || good[0].number !== 1)) report.say("the first seals are missing", { seal: 1 });
  for (let i = 1; i < good.length; i++) {
    const a = good[i - 1], b = good[i], next = b.number === a.number + 1;
    if (b.restored) report.say(`${name}seal ${b.number} declares a restore from a backup`, { seal: b.number });
    else if (!next && !witness) {
      let gone = false;
      for (let n = a.number + 1; n < b.number && !gone; n++) gone = !byNumber.has(n);
      if (gone) report.say(`seals ${a.number + 1}–${b.number - 1} are missing`, { seal: a.number + 1 });
    }
    if ((b.restored || next) && b.prev !== a.hash) report.say(`${name}seal ${b.number} does not follow seal ${a.number}`, { seal: b.number });
    if (b.log !== a.log || b.size < a.size || b.at < a.at) report.say(`${name}seal ${b.number} goes back in log, size or time`, { seal: b.number });
  }
  return good;
}

// the root over all rows so far, counted like a binary number: slot k holds a full tree of 2^k rows
class Counter {
  constructor() { this.slots = []; }
  add(leaf) {
    let k = 0, carry = leaf;
    for (; this.slots[k]; k++) { carry = sha(NODE, this.slots[k], carry); this.slots[k] = null; }
    this.slots[k] = carry;
  }
  root() {
    let right = null;
    for (const left of this.slots) if (left) right = right === null ? left : sha(NODE, left, right);
    return hex(right ?? sha());
  }
}

function wellFormed(row) {
  try {
    const v = readCanonical(row);
    return v !== null && typeof v === "object" && Object.keys(v).sort().join() === "at,by,fields,id,matters,personal,v,verb";
  } catch { return false; }
}

function checkExport(folder, keys, witnessFiles) {
  const report = new Report();
  const seals = sealsOf(linesOf(join(folder, "seals.jsonl")), keys, report, "");
  let held = [];
  for (const file of witnessFiles) held.push(...sealsOf(linesOf(file), keys, report, basename(file)));
  held.sort((a, b) => a.number - b.number);
  const witnessCount = held.length;
  if (seals.length && held.length && seals[0].log !== held[0].log) { report.say("the witness belongs to another log"); held = []; }
  const own = new Map(seals.map((s) => [s.number, s])), last = seals.at(-1);
  for (const w of held) {
    const mine = own.get(w.number);
    if (mine && !mine.canon.equals(w.canon)) report.say(`seal ${w.number} differs from the witness`, { seal: w.number });
  }
  const gone = held.find((w) => w.number > (last?.number ?? 0));
  if (gone) report.say(`seals from ${gone.number} on, which the witness holds, are missing`, { seal: gone.number });
  const leaves = new Map(), roots = new Map();
  for (const s of held) learn(leaves, s);
  for (const s of seals) { learn(leaves, s); roots.set(s.size, s.root); }
  for (const s of held) roots.set(s.size, s.root);

  const rows = linesOf(join(folder, "events.jsonl")), tree = new Counter();
  let proven = 0;
  const atRoot = (n) => {
    if (!roots.has(n) || report.firstBad !== null) return;
    if (tree.root() === roots.get(n)) proven = n;
    else report.say(`one of rows ${proven}–${n - 1} was changed`, { row: proven });
  };
  atRoot(0);
  let differ = 0;
  rows.forEach((row, i) => {
    const leaf = sha(LEAF, row), expected = leaves.get(i);
    if (expected && !expected.equals(leaf)) { if (!differ++) report.say(`row ${i} is not what was sealed`, { row: i }); }
    else if (!wellFormed(row)) report.say(`row ${i} is not a canonical event`, { row: i });
    tree.add(leaf);
    atRoot(i + 1);
  });
  const size = [...seals, ...held].reduce((m, s) => Math.max(m, s.size), 0);
  if (rows.length > size) report.say(`rows ${size}–${rows.length - 1} are under no seal`, { row: size });
  if (rows.length < size) {
    report.missing = [rows.length, size - 1];
    report.say(`rows ${rows.length}–${size - 1} are missing`, { row: rows.length });
  }
  let personal = 0;
  const parts = join(folder, "personal.jsonl");
  if (existsSync(parts)) for (const line of linesOf(parts)) {
    personal++;
    let good = false;
    try {
      const p = readCanonical(line), salt = Buffer.from(p.salt, "hex");
      const mac = createHmac("sha256", salt).update(p.part + "\0" + p.value).digest("hex");
      good = isCount(p.index) && typeof p.part === "string" && typeof p.value === "string" && salt.length === 32 && p.salt === hex(salt) && readCanonical(rows[p.index]).personal[p.part] === mac;
    } catch { good = false; }
    if (!good) report.say(`personal part ${personal} does not open its commitment`);
  }
  return {
    ok: !report.notes.length, rows: rows.length, size, seals: seals.length, witnesses: witnessCount, personal,
    first_bad_row: report.firstBad, missing: report.missing, bad_seals: [...report.badSeals].sort((a, b) => a - b), notes: report.notes,
  };
}

// a receipt: climb from the leaf by the recursive definition of a path (RFC 9162 §2.1.3.1), not by the bit tricks of §2.1.3.2
function rootByPath(leaf, index, size, path) {
  if (size === 1) return path.length ? null : leaf;
  const top = path.at(-1);
  if (top === undefined) return null;
  let k = 1;
  while (k * 2 < size) k *= 2;
  const rest = path.slice(0, -1);
  const below = index < k ? rootByPath(leaf, index, k, rest) : rootByPath(leaf, index - k, size - k, rest);
  if (below === null) return null;
  return index < k ? sha(NODE, below, top) : sha(NODE, top, below);
}
function checkReceipt(file, keys) {
  try {
    let data = readFileSync(file);
    while (data.at(-1) === 10) data = data.subarray(0, -1);
    const r = readCanonical(data), seal = readSeal(Buffer.from(r.seal));
    const path = r.path.map((h) => { if (!isHex(h)) throw new Error("path"); return Buffer.from(h, "hex"); });
    if (!seal || !signed(seal, keys) || !isCount(r.index) || r.index >= seal.size) return { ok: false };
    const root = rootByPath(sha(LEAF, Buffer.from(r.event)), r.index, seal.size, path);
    return { ok: root !== null && hex(root) === seal.root };
  } catch { return { ok: false }; }
}

const folders = [], keyFiles = [], witnessFiles = [];
let json = false, receipt = false;
for (let argv = process.argv.slice(2), i = 0; i < argv.length; i++) {
  if (argv[i] === "--key") keyFiles.push(argv[++i]);
  else if (argv[i] === "--witness") witnessFiles.push(argv[++i]);
  else if (argv[i] === "--json") json = true;
  else if (argv[i] === "--receipt") receipt = true;
  else folders.push(argv[i]);
}
try {
  if (!folders.length) throw new Error("usage: verify.mjs EXPORT… --key FILE [--witness FILE]… [--json]");
  const keys = readKeys(keyFiles);
  let worst = 0;
  for (const folder of folders) {
    // a folder may bring its own witness files by name only when the caller says so with {}: --witness '{}/witness.jsonl'
    const result = receipt ? checkReceipt(folder, keys) : checkExport(folder, keys, witnessFiles.map((w) => w.replace("{}", folder)));
    if (!result.ok) worst = 1;
    console.log(json ? JSON.stringify(result) : result.ok ? `${folder}: all holds (${result.rows ?? 1} rows, ${result.seals ?? 1} seals)` : `${folder}: ${(result.notes ?? ["the receipt proves nothing"]).join("; ")}` + (result.first_bad_row != null ? `; first bad row ${result.first_bad_row}` : ""));
  }
  process.exitCode = worst;
} catch (reason) {
  console.error(`cannot be checked: ${reason.message}`);
  process.exitCode = 2;
}
