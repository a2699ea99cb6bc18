export const HELP = `npm run one-record -- --store DIR | s3://BUCKET/PREFIX [--port N] [--host H] [--base URL] [--open [--open-to-network]] [...]

One ONE Record server by itself: the one that every deployment of the playground is, its record in a folder or in a bucket.
docs/one-record.md is a guide to what it does.

--store DIR                a folder, made when it is missing
--store s3://BUCKET/PREFIX a bucket of S3 or MinIO; AWS_ENDPOINT_URL (https://s3.<region>.amazonaws.com by default), AWS_REGION,
                           AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN as usual
--port N                   port to listen on (8088)
--host H                   address to listen on (127.0.0.1)
--base URL                 how others reach it, if not http://HOST:PORT; the address of everything it makes begins with it
--behind-proxy             a proxy of yours says who calls, last in X-Forwarded-For; without it that header is not looked at
--name NAME                name of the data holder, of a record that is new (one-record)

Who comes in
--secrets FILE             key and client of this server, made at its first start, mode 0600
                           (secrets.json in DIR; of a bucket one-record.secrets.json)
--new-secret               gives the holder's client another secret, said at the start; the one before is good no more
--trust ISSUER[,AGENT...]  takes tokens of this issuer, whose keys its discovery document names: for any logistics agent but this
                           server's own, or only for those whose IRI is AGENT or below it. Can be given again
--tell-forbidden           what somebody may not see is 403, instead of 404
--open                     nobody is asked for a token, everybody is the holder: for throw-away experiments
--open-to-network          confirms --open for an address that is not loopback

What it takes
--lenient                  keeps properties and values that the ontologies do not know, instead of refusing them
--max-body SIZE            of one request: 64K, 16M, 1G or bytes (16M)
--max-document SIZE        of one document (1G)
--max-stored SIZE          of the whole record (without limit)
--max-objects N            logistics objects (without limit)
--requests-per-minute N    of one agent (without limit)
--outbound-allow LIST      addresses, networks and names that it may call besides public addresses on ports 80 and 443, separated by
                           commas: 127.0.0.1:8089,10.1.0.0/16,partner.internal,:8443

What it says
--log                      a line of JSON for each request on standard output: time, caller, method, path, status, milliseconds
GET /healthz               200 while it serves, 503 while it ends; without a token

Content that the holder erases is overwritten in the store and its documents are deleted, by this process, within seconds; in a
bucket its credentials must allow s3:PutObject, s3:DeleteObject, s3:DeleteObjectVersion and s3:ListBucketVersions. It says so on
standard error when it cannot, and tries again every minute.

Says its address and its client id at the start, the client's secret at the very first one. Ctrl-C or SIGTERM ends it after what is
under way, ten seconds later at the latest; what is owed to others stays owed, and goes on at the next start.
Let a supervisor start node infra/one-record/alone/main.ts (Node 24): npm does not pass signals on.
Exit code: 0 ended, 1 failed or another server took the record, 2 wrong options.
`
