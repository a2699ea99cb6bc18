// Made by: npm run docs
// The server of a function, from infra/function-server of the ONE Record playground. MIT.
// infra/function-server/serve.ts
import { once as once2 } from "node:events";
import { setTimeout as sleep2 } from "node:timers/promises";

// infra/function-server/calls.ts
import { AsyncLocalStorage } from "node:async_hooks";
var storage = new AsyncLocalStorage();
var currentCall = () => storage.getStore();
var duringCall = (call, work) => storage.run(call, work);

// infra/function-server/drain.ts
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
var LOOK_MS = 20;
var PATIENCE = 5;
var drain = async ({ server, metrics, readiness: readiness2, quietMs, longestMs }) => {
  readiness2.set("draining");
  if (!server.listening) return;
  const began = performance.now();
  await quiet(metrics, quietMs);
  const closed = once(server, "close");
  server.close();
  const sweep = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  await Promise.race([closed, sleep(Math.max(0, longestMs - (performance.now() - began)), void 0, { ref: false })]);
  clearInterval(sweep);
  server.closeAllConnections();
};
var quiet = async (metrics, quietMs) => {
  const began = performance.now();
  let [last, calls] = [began, metrics.calls()];
  while (performance.now() - began < quietMs * PATIENCE && performance.now() - last < quietMs) {
    await sleep(LOOK_MS);
    if (metrics.inFlight() === 0 && metrics.calls() === calls) continue;
    last = performance.now();
    calls = metrics.calls();
  }
};

// infra/function-server/handler-module.ts
var handlerModule = (loaded) => {
  const layers = [loaded, at(loaded, "default"), at(at(loaded, "default"), "default")];
  const handler = layers.find((layer) => typeof layer === "function");
  if (!handler) throw new Error("the handler has no default export that is a function: export default async (event, context) => { ... }");
  const close = layers.map((layer) => at(layer, "close")).find((layer) => typeof layer === "function");
  return { handler, close: close ?? (() => {
  }) };
};
var at = (value, key) => typeof value === "object" && value !== null || typeof value === "function" ? value[key] : void 0;

// infra/function-server/lines.ts
import { format } from "node:util";
var MAX_TEXT = 8192;
var WINDOW_MS = 1e3;
var openLines = ({ name, maxLines, write, now = () => performance.now() }) => {
  let since = now();
  let written = 0;
  let left = 0;
  const mayWrite = () => {
    if (now() - since >= WINDOW_MS) {
      since = now();
      written = 0;
    }
    if (maxLines > 0 && written >= maxLines) return left += 1, false;
    return written += 1, true;
  };
  const say = (level, fields, text2) => {
    if (!mayWrite()) return;
    const call = currentCall();
    const about = { function: name, ...call ? { callId: call.id } : {}, ...left > 0 ? { linesNotWritten: left } : {} };
    left = 0;
    write(`${JSON.stringify({ level, time: (/* @__PURE__ */ new Date()).toISOString(), ...about, ...fields, msg: text2.slice(0, MAX_TEXT) })}
`);
  };
  return {
    say,
    info: (fields, text2) => say(30, fields, text2),
    warn: (fields, text2) => say(40, fields, text2),
    error: (fields, text2) => say(50, fields, text2)
  };
};
var told = (error) => {
  if (!(error instanceof Error)) return { err: { message: format(error).slice(0, MAX_TEXT) } };
  const { name, message, stack = "" } = error;
  return { err: { type: name, message: message.slice(0, MAX_TEXT), stack: stack.slice(0, MAX_TEXT) } };
};
var hearConsole = ({ say }) => {
  const at2 = (level) => (...said) => say(level, {}, format(...said));
  Object.assign(console, { debug: at2(20), log: at2(30), info: at2(30), warn: at2(40), error: at2(50) });
};

// infra/function-server/metrics.ts
var SECONDS = [1e-3, 25e-4, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
var METHODS = /* @__PURE__ */ new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
var openMetrics = () => {
  const series = /* @__PURE__ */ new Map();
  const faults = { unhandled_rejection: 0, uncaught_exception: 0 };
  let [calls, inFlight] = [0, 0];
  return {
    began: () => {
      calls += 1;
      inFlight += 1;
    },
    ended: (method, status, seconds) => {
      inFlight -= 1;
      const labels = `code="${status}",method="${METHODS.has(method) ? method : "other"}"`;
      const known = series.get(labels) ?? { count: 0, sum: 0, buckets: SECONDS.map(() => 0) };
      series.set(labels, known);
      known.count += 1;
      known.sum += seconds;
      SECONDS.forEach((bound, at2) => {
        if (seconds <= bound) known.buckets[at2] = (known.buckets[at2] ?? 0) + 1;
      });
    },
    fault: (kind) => void (faults[kind] += 1),
    calls: () => calls,
    inFlight: () => inFlight,
    text: () => [
      metric("http_requests_total", "counter", "Calls of the function that were answered, or given up by the caller (499).", [...series].map(([labels, { count: count2 }]) => [labels, count2])),
      histogram(series),
      metric("http_requests_in_flight", "gauge", "Calls of the function under way.", [["", inFlight]]),
      metric("function_faults_total", "counter", "Errors that no call took: rejections nobody handled, exceptions nobody caught.", Object.entries(faults).map(([kind, count2]) => [`kind="${kind}"`, count2])),
      ...ofProcess()
    ].join("")
  };
};
var metric = (name, type, help, rows) => `${head(name, type, help)}${rows.map((row) => line(name, row)).join("")}`;
var head = (name, type, help) => `# HELP ${name} ${help}
# TYPE ${name} ${type}
`;
var line = (name, [labels, value]) => `${name}${labels ? `{${labels}}` : ""} ${value}
`;
var histogram = (series) => {
  const name = "http_request_duration_seconds";
  const rows = [...series].map(([labels, { count: count2, sum, buckets }]) => [
    ...SECONDS.map((bound, at2) => line(`${name}_bucket`, [`${labels},le="${bound}"`, buckets[at2] ?? 0])),
    line(`${name}_bucket`, [`${labels},le="+Inf"`, count2]),
    line(`${name}_sum`, [labels, sum]),
    line(`${name}_count`, [labels, count2])
  ].join(""));
  return `${head(name, "histogram", "Time of a call, its body and the whole of its answer included.")}${rows.join("")}`;
};
var ofProcess = () => {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    metric("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", [["", (user + system) / 1e6]]),
    metric("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", [["", rss]]),
    metric("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", [["", Math.round(Date.now() / 1e3 - process.uptime())]]),
    metric("nodejs_heap_size_used_bytes", "gauge", "Process heap size used from Node.js in bytes.", [["", heapUsed]]),
    metric("nodejs_eventloop_active_seconds_total", "counter", "Time in which the event loop was not idle.", [["", performance.eventLoopUtilization().active / 1e3]])
  ];
};

// infra/function-server/readiness.ts
var readiness = () => {
  let state = "loading";
  const waiting = /* @__PURE__ */ new Set();
  return {
    state: () => state,
    set: (next) => {
      state = next;
      for (const wake of waiting) wake();
    },
    changed: (ms) => new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      waiting.add(wake);
    })
  };
};

// infra/function-server/server.ts
import { randomUUID } from "node:crypto";

// events/errors.ts
var problem = (status, message, kind = "rejected") => ({ kind, status, message });
var CATALOGUE = {
  // what was sent
  MALFORMED_JSON: problem(400, "The body is not JSON: {reason}."),
  INVALID_FIELD: problem(400, "{field}: {reason}."),
  UNKNOWN_FIELD: problem(400, "{field} is not a field here; known are {known}."),
  BODY_TOO_LARGE: problem(413, "The body is larger than {limit} bytes, the limit here."),
  UNSUPPORTED_MEDIA_TYPE: problem(415, "Content-Type {given} is not understood here; send {expected}."),
  METHOD_NOT_ALLOWED: problem(405, "{method} is not possible on {path}; possible are {allowed}."),
  NOT_FOUND: problem(404, "There is nothing at {path}."),
  // who sent it
  UNAUTHENTICATED: problem(401, 'This needs the operator token: send "Authorization: Bearer <token>".'),
  BASIC_AUTH_REQUIRED: problem(401, "This needs the gateway's user and password (basic auth)."),
  NOT_PUBLIC: problem(403, "Function {name} takes events only; it is not reachable from outside."),
  UNSIGNED_DELIVERY: problem(401, "This function takes signed deliveries of the dispatcher only: {reason}.", "poison"),
  // deployments
  NAME_INVALID: problem(400, 'name "{name}" is not usable: {reason}.'),
  NAME_RESERVED: problem(409, 'The name "{name}" is reserved; choose another.'),
  NAME_TAKEN: problem(409, 'The name "{name}" is taken; choose another.'),
  DEPLOYMENT_NOT_FOUND: problem(404, "There is no deployment {id}."),
  ILLEGAL_TRANSITION: problem(409, "Deployment {name} is {status}; {command} is possible only when it is {allowed}."),
  NOT_RUNNING: problem(409, "Deployment {name} is {status}; only a running one can be {participle}."),
  DEPLOYMENT_DELETED: problem(410, "Deployment {name} was deleted."),
  STALE_REVISION: problem(412, "If-Match says {given}, but it is at {current} now; read it again and decide anew."),
  IDEMPOTENCY_KEY_REUSED: problem(422, "This Idempotency-Key was used for another request; use a new key for a new one."),
  // subscriptions
  SUBSCRIPTION_NOT_FOUND: problem(404, "There is no subscription {id}."),
  SUBSCRIPTION_DELETED: problem(410, "Subscription {id} was deleted."),
  // the platform
  WRONG_EXPECTED_REVISION: problem(409, "Stream {stream} is at {actual}, not at {expected}.", "conflict"),
  DUPLICATE_EVENT_ID: problem(409, "Event id {id} is already used by another event.", "poison"),
  ATOMIC_WRITES_UNSUPPORTED: problem(501, "{store} cannot write to several streams in one atomic step."),
  STORE_UNAVAILABLE: problem(503, "The event store does not answer: {reason}.", "transient"),
  STORAGE_FULL: problem(507, "There is no room to store this: {reason}. What exists goes on; try again when there is room, or delete what is not needed.", "transient"),
  NO_SLOT_FREE: problem(503, "No warm slot is free on any node; try again in {retryAfterSeconds} seconds.", "transient"),
  AGENT_UNAVAILABLE: problem(503, "The agent of node {node} does not answer: {reason}.", "transient"),
  EDGE_UNAVAILABLE: problem(503, "An edge does not answer: {reason}.", "transient"),
  CREDENTIALS_UNAVAILABLE: problem(503, "The minting service gives no credentials: {reason}.", "transient"),
  CLAIM_UNKNOWN: problem(404, "Node {node} has no slot claimed as {claimId}."),
  CLAIM_SUPERSEDED: problem(409, "Claim {claimId} was released or superseded.", "conflict"),
  MISDIRECTED: problem(421, "This request was meant for another deployment."),
  SLOT_UNAVAILABLE: problem(503, "Nobody answers here now: {reason}.", "transient"),
  READ_MODEL_UNAVAILABLE: problem(503, "The read model does not answer: {reason}.", "transient"),
  UNKNOWN_EVENT: problem(422, "Event type {type} version {version} is not known to this release.", "poison"),
  MALFORMED_EVENT: problem(422, "Event {type}: {reason}.", "poison"),
  // dead letters
  LETTER_NOT_FOUND: problem(404, "There is no dead letter {id}; GET /api/parked lists those that are."),
  LETTER_STATE: problem(409, "Dead letter {letterId} is {state}; {command} is possible only when it is {allowed}: {hint}."),
  // the edge
  MALFORMED_REQUEST: problem(400, "This request is malformed: {reason}."),
  HOST_UNKNOWN: problem(404, "There is no deployment at {host}."),
  DEPLOYMENT_STOPPED: problem(503, "Deployment {name} is stopped: {reason}."),
  DEPLOYMENT_FAILED: problem(503, "Deployment {name} failed: {reason}."),
  NOT_AWAKE_IN_TIME: problem(503, "Deployment {name} did not wake within {seconds} seconds; try again.", "transient"),
  TOO_MANY_WAIT: problem(503, "Too many requests wait for deployment {name} to wake; try again.", "transient"),
  SLOT_HUNG_UP: problem(502, "Deployment {name} ended the connection before it answered.", "transient"),
  BACKEND_UNAVAILABLE: problem(503, "The part behind this address does not answer now; try again.", "transient"),
  BACKEND_HUNG_UP: problem(502, "The part behind this address ended the connection before it answered; try again.", "transient"),
  BACKEND_TIMEOUT: problem(504, "The part behind this address took too long to answer.", "transient"),
  WAKE_QUOTA_OF_OWNER: problem(429, "Deployments of the owner of {name} were woken {limit} times within a minute, the quota of an owner (WAKES_PER_OWNER); come again in {retryAfterSeconds} seconds."),
  WAKE_QUOTA_OF_ADDRESS: problem(429, "Your address came to {limit} different sleeping deployments within a minute, the quota of an address (WAKES_PER_ADDRESS); come again in {retryAfterSeconds} seconds."),
  CRAWLER_WAKES_NOBODY: problem(429, "This deployment sleeps, and crawlers wake nobody: /robots.txt asks them not to come."),
  // functions
  FUNCTION_NOT_FOUND: problem(404, "There is no function {name}."),
  FUNCTION_EXISTS: problem(409, "There is already a function {name}; update or remove it."),
  FUNCTION_NOT_READY: problem(503, "Function {name} is deployed, but could not be started; the log says why.", "transient"),
  FUNCTION_STARTING: problem(503, "Function {name} has no replica that answers yet; try again in {retryAfterSeconds} seconds.", "transient"),
  FUNCTION_CROWDED: problem(503, "So many calls wait for function {name} to start that no more are held; try again in {retryAfterSeconds} seconds.", "transient"),
  FUNCTION_INVALID: problem(400, "The function is not deployable: {reason}."),
  IMAGE_NOT_HELD: problem(400, "This host runs functions in its own process and does not hold image {image}; it can run: {held}."),
  IMAGE_NOT_FOUND: problem(400, "Image {image} cannot be had: {reason}."),
  HOST_UNAVAILABLE: problem(503, "What functions run on does not answer: {reason}.", "transient"),
  NAMESPACE_NOT_FOUND: problem(404, "There is no namespace {namespace}."),
  NAMESPACE_EXISTS: problem(409, "There is already a namespace {namespace}."),
  NAMESPACE_IN_USE: problem(409, "Namespace {namespace} cannot be removed: {reason}."),
  SECRET_NOT_FOUND: problem(404, "There is no secret {name} in namespace {namespace}."),
  SECRET_EXISTS: problem(409, "There is already a secret {name} in namespace {namespace}; update or remove it."),
  SECRET_IN_USE: problem(409, "Secret {name} cannot be removed: {functions} needs it."),
  QUEUE_FULL: problem(503, "The queue of asynchronous calls is full; try again later.", "transient"),
  REQUEST_TOO_SLOW: problem(408, "The request was not here whole within {seconds} seconds."),
  TOO_MUCH_AT_ONCE: problem(503, "So much is sent here at the same time that this finds no place in memory; try again in {retryAfterSeconds} seconds.", "transient"),
  HEADERS_TOO_LARGE: problem(431, "The headers are larger than {limit} bytes, the limit here."),
  EVENT_NOT_TAKEN: problem(422, "Function {name} does not take {type}; it takes {known}.", "poison"),
  NETWORKS_TAKEN: problem(409, "Each of the {count} networks for namespaces is taken."),
  FUNCTION_FAILED: problem(500, "Function {name} failed: {reason}.", "transient"),
  FUNCTION_BUSY: problem(429, "Function {name} takes {limit} calls at the same time; try again in {retryAfterSeconds} seconds."),
  FUNCTION_TIMEOUT: problem(504, "Function {name} did not answer within {seconds} seconds.", "transient"),
  FUNCTION_BROKE_OFF: problem(502, "Function {name} broke the connection off before it answered; what was sent may have been carried out or not.", "transient"),
  INTERNAL: problem(500, "Something went wrong here; the log has it under call id {callId}.", "transient")
};
var CatalogueError = class extends Error {
  name = "CatalogueError";
  code;
  details;
  constructor(code, details = {}, options) {
    super(fill(CATALOGUE[code].message, details), options);
    this.code = code;
    this.details = details;
  }
  get kind() {
    return CATALOGUE[this.code].kind;
  }
  get status() {
    return CATALOGUE[this.code].status;
  }
  get field() {
    const { field } = this.details;
    return typeof field === "string" ? field : void 0;
  }
};
var failure = (code, details = {}, cause) => new CatalogueError(code, details, cause === void 0 ? void 0 : { cause });
var toProblem = (error, callId = "unknown") => {
  const known = error instanceof CatalogueError ? error : failure("INTERNAL", { callId });
  return {
    type: `/problems/${known.code.toLowerCase().replaceAll("_", "-")}`,
    title: known.code.toLowerCase().replaceAll("_", " "),
    status: known.status,
    detail: known.message,
    code: known.code,
    ...known.field === void 0 ? {} : { field: known.field }
  };
};
var fill = (template, details) => template.replaceAll(/\{(\w+)\}/g, (_, key) => String(details[key] ?? `(${key})`));

// infra/functions/json.ts
var isJson = (contentType) => /^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i.test(contentType ?? "");
var parseJson = (bytes) => {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw failure("MALFORMED_JSON", { reason: sentence(cause instanceof Error ? cause.message : String(cause)) }, cause);
  }
};
var sentence = (text2) => text2.replace(/\.$/, "");

// infra/functions/function-event.ts
var functionEvent = (call) => {
  const { method, path, headers, body: rawBody, signal } = call;
  let body;
  let search;
  return {
    method,
    path,
    headers,
    rawBody,
    signal,
    get body() {
      return (body ??= { parsed: parseByType(rawBody, headers["content-type"]) }).parsed;
    },
    get search() {
      return search ??= new URLSearchParams(`?${call.search}`);
    },
    get query() {
      return Object.fromEntries(this.search);
    }
  };
};
var parseByType = (bytes, contentType) => {
  if (bytes.length === 0) return void 0;
  if (isJson(contentType)) return parseJson(bytes);
  return /^(?:text\/|application\/x-www-form-urlencoded)/i.test(contentType ?? "") ? bytes.toString("utf8") : bytes;
};

// infra/functions/problem.ts
var problemReply = (error, callId) => {
  const body = toProblem(error, callId);
  return { status: body.status, headers: { "content-type": "application/problem+json", ...error instanceof CatalogueError ? headersOf(error) : {} }, body };
};
var headersOf = ({ code, details }) => {
  if (code === "METHOD_NOT_ALLOWED") return { allow: String(details["allowed"]) };
  if (code === "UNAUTHENTICATED") return { "www-authenticate": "Bearer" };
  if (code === "BASIC_AUTH_REQUIRED") return { "www-authenticate": 'Basic realm="Restricted"' };
  return details["retryAfterSeconds"] === void 0 ? {} : { "retry-after": String(details["retryAfterSeconds"]) };
};

// infra/functions/answer-call.ts
var answerCall = async (handler, call, identity, unexpected) => {
  const context = createContext(identity);
  try {
    const returned = await handler(functionEvent(call), context);
    const outcome = context.outcome() ?? { value: returned === context ? void 0 : returned };
    if ("error" in outcome) throw asFailure(outcome.error, identity.name);
    const { status = context.code(), headers, body } = encode(outcome.value);
    return { status, headers: { ...headers, ...context.given() }, body };
  } catch (error) {
    const callId = call.headers["x-call-id"] ?? "unknown";
    unexpected(error, identity.name, callId);
    const problem2 = problemReply(error, callId);
    return { status: problem2.status, headers: problem2.headers, body: Buffer.from(JSON.stringify(problem2.body)) };
  }
};
var createContext = (identity) => {
  let code = 200;
  let given = {};
  let outcome;
  const context = {
    ...identity,
    status: (status) => (code = status, context),
    headers: (headers) => (given = { ...given, ...lowerCase(headers) }, context),
    succeed: (value) => (outcome = { value }, context),
    fail: (error) => (outcome = { error }, context),
    code: () => code,
    given: () => given,
    outcome: () => outcome
  };
  return context;
};
var lowerCase = (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
var asFailure = (error, name) => error instanceof CatalogueError || typeof error !== "string" ? error : failure("FUNCTION_FAILED", { name, reason: error });
var encode = (value) => {
  if (value === void 0 || value === null) return { headers: {}, body: EMPTY };
  if (value instanceof Uint8Array) return { headers: { "content-type": "application/octet-stream" }, body: value };
  if (isPrimitive(value)) return { headers: { "content-type": "text/plain; charset=utf-8" }, body: Buffer.from(String(value)) };
  if (isResponse(value)) return { status: value.status, headers: headersOf2(value), body: value.body ?? EMPTY };
  if (isStream(value)) return { headers: { "content-type": "application/octet-stream" }, body: value };
  return { headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(value)) };
};
var EMPTY = new Uint8Array();
var isPrimitive = (value) => ["string", "number", "bigint", "boolean"].includes(typeof value);
var isStream = (value) => typeof value === "object" && value !== null && Symbol.asyncIterator in value;
var isResponse = (value) => Object.prototype.toString.call(value) === "[object Response]";
var headersOf2 = ({ headers, url }) => {
  const kept = Object.fromEntries([...headers].filter(([name]) => url === "" || name !== "content-encoding"));
  const cookies = headers.getSetCookie();
  return cookies.length > 0 ? { ...kept, "set-cookie": cookies } : kept;
};

// infra/bytes-in-hand.ts
var bytesInHand = (limit) => {
  const held = /* @__PURE__ */ new Map();
  let all = 0;
  return {
    take: (one, bytes) => {
      const before = held.get(one) ?? 0;
      if (all > before && all + bytes > limit) return false;
      held.set(one, before + bytes);
      all += bytes;
      return true;
    },
    letGo: (one) => {
      all -= held.get(one) ?? 0;
      held.delete(one);
    }
  };
};

// infra/gateway/body.ts
var NOTHING = Buffer.alloc(0);
var DRAIN_BYTES = 64 * 1024 * 1024;
var CUT_OFF_MS = 1e3;
var BEGINNING_BYTES = 256 * 1024;
var declaredBytes = (request) => Number(request.headers["content-length"] ?? 0);
var ALL_BYTES = 256 * 1024 * 1024;
var bodies = bytesInHand(ALL_BYTES);
var readBody = async (incoming, limit) => {
  const { chunks, size: size2 } = await begin(incoming, limit, limit);
  return joined(chunks, size2);
};
var begin = async ({ request, response }, limit, enough) => {
  const { "content-length": length, "transfer-encoding": encoding, expect } = request.headers;
  if (length === void 0 && encoding === void 0) return { chunks: [], size: 0, rest: null };
  const tooLarge = failure("BODY_TOO_LARGE", { limit });
  if (declaredBytes(request) > limit && expect !== void 0) throw tooLarge;
  const rest = request.iterator({ destroyOnReturn: false });
  response.once("finish", () => void (request.complete || throwAway(request, rest).catch(() => request.destroy())));
  if (declaredBytes(request) > limit + DRAIN_BYTES) throw tooLarge;
  response.once("close", () => bodies.letGo(request));
  const chunks = [];
  let size2 = 0;
  while (size2 <= enough) {
    const next = await rest.next();
    if (next.done === true) return { chunks, size: size2, rest: null };
    size2 += next.value.length;
    const refusal = size2 > limit ? tooLarge : bodies.take(request, next.value.length) ? null : failure("TOO_MUCH_AT_ONCE", { retryAfterSeconds: 1 });
    if (refusal) return refuse(request, rest, refusal);
    chunks.push(next.value);
  }
  return { chunks, size: size2, rest };
};
var refuse = async (request, chunks, why) => {
  bodies.letGo(request);
  await throwAway(request, chunks);
  throw why;
};
var throwAway = async (request, chunks) => {
  let size2 = 0;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    size2 += next.value.length;
    if (size2 > DRAIN_BYTES) return void setTimeout(() => request.destroy(), CUT_OFF_MS).unref();
  }
};
var joined = (chunks, size2) => chunks.length === 1 ? chunks[0] ?? NOTHING : Buffer.concat(chunks, size2);

// infra/gateway/client-error.ts
var MAX_HEADER_BYTES = 16 * 1024;
var HEADERS_MS = 1e4;
var REQUEST_MS = 12e4;
var LOOK_MS2 = 1e3;
var bounds = ({ headersMs = HEADERS_MS, requestMs = REQUEST_MS }) => ({
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: headersMs,
  requestTimeout: requestMs,
  connectionsCheckingInterval: Math.min(LOOK_MS2, headersMs, requestMs)
});
var answerClientErrors = (server, { requestMs = REQUEST_MS }) => {
  server.on("clientError", (error, socket) => {
    if (!socket.writable || error.code === "ECONNRESET" || isAnswering(socket)) return void socket.destroy();
    const { status, body } = rendered(problemOf(error, requestMs));
    socket.end(`HTTP/1.1 ${status} \r
Content-Type: application/problem+json\r
Content-Length: ${Buffer.byteLength(body)}\r
Connection: close\r
\r
${body}`);
  });
};
var problemOf = (error, requestMs) => {
  if (error.code === "HPE_HEADER_OVERFLOW") return failure("HEADERS_TOO_LARGE", { limit: MAX_HEADER_BYTES });
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") return failure("REQUEST_TOO_SLOW", { seconds: requestMs / 1e3 });
  return failure("MALFORMED_REQUEST", { reason: "it is not HTTP as RFC 9112 has it" });
};
var rendered = (error) => ({ status: error.status, body: JSON.stringify(toProblem(error)) });
var isAnswering = (socket) => {
  const response = socket._httpMessage;
  return response?.headersSent === true;
};

// infra/gateway/deadline.ts
var CallerGone = class extends Error {
  name = "CallerGone";
};
var deadline = (response, name, seconds) => {
  const ending = new AbortController();
  const { signal } = ending;
  const over = Promise.withResolvers();
  over.promise.catch(() => {
  });
  const end = (reason) => (ending.abort(reason), over.reject(reason));
  response.once("close", () => {
    if (!response.writableFinished) end(new CallerGone());
  });
  let waiting;
  const within = async (work) => {
    const timer = setTimeout(() => end(failure("FUNCTION_TIMEOUT", { name, seconds })), seconds * 1e3);
    waiting = timer;
    try {
      return await Promise.race([work, over.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
  async function* eachInTime(body) {
    const chunks = body[Symbol.asyncIterator]();
    let isDone = false;
    try {
      for (; ; ) {
        const next = await within(chunks.next());
        if (isDone = next.done === true) return;
        yield next.value;
      }
    } finally {
      if (!isDone) void chunks.return?.().catch(() => {
      });
    }
  }
  async function* eachBeginsAnew(body) {
    for await (const chunk of body) {
      waiting?.refresh();
      yield chunk;
    }
  }
  return {
    signal,
    within,
    chunkwise: (body) => body instanceof Uint8Array ? body : eachInTime(body),
    uploading: (body) => ({ ...body, rest: () => eachBeginsAnew(body.rest()) })
  };
};

// infra/gateway/respond.ts
import { pipeline } from "node:stream/promises";
var HOP_BY_HOP = /* @__PURE__ */ new Set(["connection", "content-length", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"]);
var respond = async (response, { status, headers, body, length }, own) => {
  if (!(status >= 200 && status <= 599)) throw new RangeError(`${status} is no status of a whole answer`);
  const head2 = { ...endToEnd(headers), ...own };
  if (body instanceof Uint8Array) {
    response.writeHead(status, mayHaveBody(status) ? { ...head2, "content-length": String(length ?? body.byteLength) } : head2);
    response.end(body.byteLength === 0 ? void 0 : body);
    return;
  }
  response.writeHead(status, length === void 0 ? head2 : { ...head2, "content-length": String(length) });
  response.flushHeaders();
  await pipeline(body, response);
};
var mayHaveBody = (status) => status !== 204 && status !== 304;
var endToEnd = (headers) => {
  const kept = {};
  for (const [name, value] of Object.entries(headers)) if (!HOP_BY_HOP.has(name)) kept[name] = typeof value === "string" ? value : [...value];
  return kept;
};

// infra/function-server/own-paths.ts
var HOLD_MS = 1e4;
var isOwn = ({ url = "", headers }) => url.startsWith("/_/") && headers["x-call-id"] === void 0;
var ownPaths = (readiness2, metrics) => {
  let wasTold = false;
  const ready = async (mayWait) => {
    if (mayWait && wasTold && readiness2.state() === "ready") await readiness2.changed(HOLD_MS);
    const state = readiness2.state();
    if (mayWait && state === "ready") wasTold = true;
    return state === "ready" ? text(200, "ready") : text(503, state);
  };
  return async ({ url = "", method = "" }) => {
    const [path = "", query = ""] = url.split("?");
    if (!["/_/health", "/_/ready", "/_/metrics"].includes(path)) throw failure("NOT_FOUND", { path });
    if (method !== "GET" && method !== "HEAD") throw failure("METHOD_NOT_ALLOWED", { method, path, allowed: "GET, HEAD" });
    if (path === "/_/health") return text(200, "OK");
    return path === "/_/ready" ? ready(query === "wait") : { ...text(200, metrics.text()), headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } };
  };
};
var text = (status, said) => ({ status, headers: { "content-type": "text/plain; charset=utf-8" }, body: Buffer.from(said) });

// infra/function-server/server.ts
var { createServer } = process.getBuiltinModule("node:http");
var MAX_HEADER_BYTES2 = 32 * 1024;
var STALLED_MS = 1e4;
var LONGEST_MS = 2 ** 31 - 1;
var SANE_CALL_ID = /^[\w.:-]{1,128}$/;
var functionServer = (options) => {
  const { settings, environment, loading, readiness: readiness2, metrics, lines } = options;
  const { name, maxBodyBytes, maxInFlight, readTimeoutMs } = settings;
  const longestMs = settings.execTimeoutMs || LONGEST_MS;
  const patience = { requestMs: readTimeoutMs || 0 };
  const own = ownPaths(readiness2, metrics);
  const unexpected = (error, _, callId) => lines.error({ ...told(error), callId }, "the function failed");
  const call = async ({ request, response, callId }) => {
    if (maxInFlight > 0 && metrics.inFlight() > maxInFlight) throw failure("FUNCTION_BUSY", { name, limit: maxInFlight, retryAfterSeconds: 1 });
    const body = await readBody({ request, response }, maxBodyBytes);
    const { signal, within, chunkwise } = deadline(response, name, longestMs / 1e3);
    const asked = { ...targetOf(request), headers: { ...request.headers, "x-call-id": callId }, body, signal };
    const failed = Promise.withResolvers();
    const fail = (error) => {
      failed.reject(error);
      if (response.headersSent) response.destroy();
    };
    const reply = await duringCall({ id: callId, fail }, () => within(Promise.race([
      loading.then(({ handler }) => answerCall(handler, asked, { name, environment }, unexpected)),
      failed.promise
    ])));
    return { ...reply, body: chunkwise(reply.body) };
  };
  const send = ({ response, callId, began }, reply) => {
    if (readiness2.state() === "draining") response.setHeader("connection", "close");
    return respond(response, reply, { "x-call-id": callId, "x-duration-seconds": ((performance.now() - began) / 1e3).toFixed(3) });
  };
  const refuse2 = async (exchange, error) => {
    const { request, response, callId } = exchange;
    if (isCallerGone(error) || request.errored) return;
    if (!(error instanceof CatalogueError)) unexpected(error, name, callId);
    else if (response.headersSent) lines.warn({ code: error.code, callId }, "an answer broke off");
    if (response.headersSent) return void response.destroy();
    const { status, headers, body } = problemReply(error, callId);
    await send(exchange, { status, headers, body: Buffer.from(JSON.stringify(body)) });
  };
  const count2 = ({ request, response, callId, began }) => {
    metrics.began();
    response.once("close", () => {
      const seconds = (performance.now() - began) / 1e3;
      const { method } = targetOf(request);
      const status = response.writableFinished ? response.statusCode : CALLER_GONE;
      metrics.ended(method, status, seconds);
      lines.info({ callId, status, seconds: Number(seconds.toFixed(4)) }, `${method} ${targetOf(request).path.slice(0, 500)}`);
    });
  };
  const serve2 = (request, response) => {
    const given = request.headers["x-call-id"];
    const exchange = { request, response, callId: typeof given === "string" && SANE_CALL_ID.test(given) ? given : randomUUID(), began: performance.now() };
    const isServers = isOwn(request);
    if (!isServers) count2(exchange);
    response.setTimeout(Math.min(longestMs + STALLED_MS, LONGEST_MS), () => void (response.headersSent && request.socket.destroy()));
    response.once("close", () => request.socket.setTimeout(0));
    const answering = isServers ? own(request) : call(exchange);
    answering.then((reply) => send(exchange, reply)).catch((error) => refuse2(exchange, error)).catch((error) => lines.error({ ...told(error), callId: exchange.callId }, "a refusal could not be sent"));
  };
  const server = createServer({ ...bounds(patience), keepAliveTimeout: 0, keepAlive: true, noDelay: true, maxHeaderSize: MAX_HEADER_BYTES2 }, serve2);
  server.on("checkContinue", (request, response) => {
    if (declaredBytes(request) <= maxBodyBytes) response.writeContinue();
    serve2(request, response);
  });
  server.on("checkExpectation", serve2);
  answerClientErrors(server, patience);
  return server;
};
var CALLER_GONE = 499;
var targetOf = ({ method = "GET", url = "/" }) => {
  const mark = url.indexOf("?");
  return mark === -1 ? { method, path: url, search: "" } : { method, path: url.slice(0, mark), search: url.slice(mark + 1) };
};
var isCallerGone = (error) => error instanceof CallerGone || error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";

// infra/function-server/units.ts
var UNIT_MS = { ms: 1, s: 1e3, m: 6e4, h: 36e5 };
var durationMs = (text2) => {
  if (/^\d+$/.test(text2)) return Number(text2) * 1e3;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text2)) return null;
  return [...text2.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (UNIT_MS[unit] ?? 0), 0);
};
var UNIT_BYTES = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30
};
var sizeBytes = (text2) => {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text2) ?? [];
  const factor = UNIT_BYTES[unit.toLowerCase()];
  return amount === "" || factor === void 0 ? null : Math.floor(Number(amount) * factor);
};

// infra/function-server/settings.ts
var duration = { read: durationMs, like: "a duration such as 10s, 1m30s or 250ms" };
var size = { read: sizeBytes, like: "a size such as 1048576, 100kb or 16Mi" };
var count = { read: (text2) => /^\d{1,9}$/.test(text2) ? Number(text2) : null, like: "a whole number" };
var port = { read: (text2) => /^\d{1,5}$/.test(text2) && Number(text2) < 65536 ? Number(text2) : null, like: "a port, 0 to 65535" };
var format2 = { read: (text2) => ["json", "text"].includes(text2) ? text2 : null, like: "json or text" };
var readSettings = (environment, name) => {
  const read = (variable, { read: parse, like }, otherwise) => {
    const text2 = environment[variable]?.trim();
    if (!text2) return otherwise;
    const value = parse(text2);
    if (value === null) throw new Error(`${variable} must be ${like}; it is "${text2.slice(0, 100)}"`);
    return value;
  };
  return {
    port: read("port", port, 8080),
    address: environment["bind_address"] ?? "",
    name: environment["OPENFAAS_NAME"] || name,
    execTimeoutMs: read("exec_timeout", duration, 6e4),
    readTimeoutMs: read("read_timeout", duration, 12e4),
    quietMs: read("healthcheck_interval", duration, 2e3),
    maxBodyBytes: read("max_body_size", size, 100 * 1024 * 1024),
    maxInFlight: read("max_inflight", count, 0),
    maxLines: read("max_log_lines", count, 1e3),
    jsonConsole: read("log_format", format2, "json") === "json"
  };
};

// infra/function-server/serve.ts
var SECRETS = { secret_mount_path: "/var/openfaas/secrets" };
var CLOSE_MS = 5e3;
var serve = async (load, name) => {
  const write = (line2) => process.stdout.write(line2);
  const settings = settingsOr((error) => {
    openLines({ name, maxLines: 0, write }).error(told(error), "the function cannot be served");
    process.exit(1);
  }, name);
  const lines = openLines({ name: settings.name, maxLines: settings.maxLines, write });
  process.stdout.on("error", () => {
  });
  if (settings.jsonConsole) hearConsole(lines);
  const [metrics, ready] = [openMetrics(), readiness()];
  const environment = Object.freeze({ ...SECRETS, ...process.env });
  const loading = Promise.withResolvers();
  const server = functionServer({ settings, environment, loading: loading.promise, readiness: ready, metrics, lines });
  const longestMs = settings.execTimeoutMs || 2 ** 31 - 1;
  let isEnding = false;
  const end = async (code) => {
    if (isEnding) return;
    isEnding = true;
    await drain({ server, metrics, readiness: ready, quietMs: settings.quietMs, longestMs });
    const closing = loading.promise.then(({ close }) => close());
    await Promise.race([closing, sleep2(CLOSE_MS)]).catch((error) => lines.error(told(error), "the function could not be closed"));
    process.exit(code);
  };
  process.on("SIGTERM", () => void end(0)).on("SIGINT", () => void (isEnding ? process.exit(130) : end(0)));
  process.on("unhandledRejection", (error) => {
    metrics.fault("unhandled_rejection");
    lines.error(told(error), "a promise was rejected and nobody handled it");
  });
  process.on("uncaughtException", (error) => {
    metrics.fault("uncaught_exception");
    lines.error(told(error), "an exception was not caught: the process ends when its other calls have ended");
    currentCall()?.fail(error);
    void end(1);
  });
  server.listen({ port: settings.port, ...settings.address ? { host: settings.address } : {} });
  await once2(server, "listening");
  try {
    loading.resolve(handlerModule(await load()));
    await loading.promise;
  } catch (error) {
    lines.error(told(error), "the function cannot be loaded");
    process.exit(1);
  }
  if (ready.state() === "loading") ready.set("ready");
  const address = server.address();
  lines.info({ port: typeof address === "object" ? address?.port : address, ready: true }, "ready");
};
var settingsOr = (giveUp, name) => {
  try {
    return readSettings(process.env, name);
  } catch (error) {
    return giveUp(error);
  }
};
export {
  serve
};
