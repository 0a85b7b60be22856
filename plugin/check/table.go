package check

import (
	"context"
	"slices"
	"time"
)

// kind is one kind of test, as the documents and the parser need it, and how
// it is looked at.
type kind struct {
	name string
	// key is what its keys are, and subject the option that says it instead.
	key, subject string
	doc          string
	// timeout of one try, if the test gives none.
	timeout    time.Duration
	attributes []attribute
	// differs are the differences from goss that are no one attribute's.
	differs []string
	// example is an entry below the kind.
	example string
	// refuse finds what is wrong with a subject or its options, if anything.
	refuse func(Test) error
	look   func(*agent, context.Context, Test) facts
}

// attribute is one key of a test.
type attribute struct {
	name   string
	value  valueKind
	use    use
	doc    string
	differ string
}

// valueKind is what may be written for an attribute.
type valueKind string

// The closed set of value kinds. Where it can be asked, a matcher may always
// take the place of the value itself.
const (
	truthValue   valueKind = "true or false"
	numberValue  valueKind = "number"
	textValue    valueKind = "text"
	modeValue    valueKind = "octal mode"
	listValue    valueKind = "list"
	contentValue valueKind = "content"
	anyValue     valueKind = "anything"
	// readingValue is content with as-reader, and anything without.
	readingValue valueKind = "anything, or content"
)

// use is what an attribute is for.
type use int

const (
	// asked: a matcher for what is found.
	asked use = iota
	// needed: asked, and must be written.
	needed
	// gate: needed; when it fails, or is found to be false, what the test
	// asks further is skipped.
	gate
	// given: an option, how to ask.
	given
)

// kinds is the table: parser, documents and agent are made of it.
var kinds = []kind{
	{
		name: "package", key: "the name", subject: "name", timeout: 10 * time.Second, look: (*agent).lookPackage,
		doc: "A package, as the machine's package manager knows it.",
		attributes: []attribute{
			{"installed", truthValue, gate, "whether it is installed; a package on hold is", ""},
			{"versions", listValue, asked, "the versions installed, one for each architecture it is installed for", "reported as `versions`, where goss says `version`"},
			{"name", textValue, given, "the package", ""},
		},
		differs: []string{"The package manager is the machine's; there is no `--package`."},
		example: "greeter: {installed: true, versions: [1.2-1]}",
	},
	{
		name: "file", key: "the path", subject: "path", timeout: 10 * time.Second, look: (*agent).lookFile, refuse: refuseFile,
		doc: "A file, directory, link or device. A symbolic link is itself what is asked about, but for its content and checksums. `~` and `~user` begin a path in a home directory.",
		attributes: []attribute{
			{"exists", truthValue, gate, "whether it is there", ""},
			{"mode", modeValue, asked, "permissions, with setuid, setgid and sticky bit, as four octal digits", "`0644` and `644`, with quotes or without, are the same; goss takes `\"0644\"` and `644`"},
			{"owner", textValue, asked, "name of the user who owns it; the number, if it has no name", "goss fails where the number has no name"},
			{"uid", numberValue, asked, "number of that user", ""},
			{"group", textValue, asked, "name of the group; the number, if it has no name", "goss fails where the number has no name"},
			{"gid", numberValue, asked, "number of that group", ""},
			{"linked-to", textValue, asked, "where a symbolic link leads, as it is written in the link", "reported as `linked-to`, where goss says `linkedto`"},
			{"filetype", textValue, asked, "`file`, `directory`, `symlink`, `socket`, `pipe`, `character-device`, `block-device`", ""},
			{"contains", contentValue, asked, "older name of `contents`", ""},
			{"contents", contentValue, asked, "what it says; regular files up to 64 MiB", "goss waits for ever on a pipe"},
			{"size", numberValue, asked, "bytes", ""},
			{"md5", textValue, asked, "MD5 of the content, in hex", ""},
			{"sha256", textValue, asked, "SHA-256 of it", ""},
			{"sha512", textValue, asked, "SHA-512 of it", ""},
			{"path", textValue, given, "the path", ""},
		},
		differs: []string{"The path must be absolute, or begin with `~`."},
		example: "/etc/greeter.conf: {exists: true, mode: \"0640\", owner: root, group: greeter, contents: [/^port = \\d+$/]}",
	},
	{
		name: "service", key: "the unit", subject: "name", timeout: 10 * time.Second, look: (*agent).lookService, refuse: refuseService,
		doc: "A unit of the init, systemd. Without a suffix it is a `.service`.",
		attributes: []attribute{
			{"enabled", truthValue, asked, "whether `systemctl is-enabled` would say so: enabled, static, indirect, generated, alias", ""},
			{"running", truthValue, asked, "whether it is active", ""},
			{"runlevels", listValue, asked, "runlevels in which `/etc/rc?.d` starts it", "goss finds none where systemd runs"},
			{"name", textValue, given, "the unit", ""},
		},
		differs: []string{
			"Where no systemd runs, the test is skipped and says so.",
			"One of `enabled`, `running` and `runlevels` must be there.",
		},
		example: "greeterd: {enabled: true, running: true}",
	},
	{
		name: "port", key: "the port", subject: "port", timeout: 10 * time.Second, look: (*agent).lookPort, refuse: refusePort,
		doc: "A local port: `tcp:80`, `tcp6:80`, `udp:53`, `udp6:53`; a number alone is `tcp`. What listens on `::` takes IPv4 as well, and is `tcp6`: a failing `tcp` says when that is so.",
		attributes: []attribute{
			{"listening", truthValue, gate, "whether a socket listens", "a connected UDP socket does not listen"},
			{"ip", listValue, asked, "the addresses it listens on", ""},
			{"port", textValue, given, "the port", ""},
		},
		example: "tcp:9101: {listening: true, ip: [0.0.0.0]}",
	},
	{
		name: "process", key: "the name", subject: "comm", timeout: 10 * time.Second, look: (*agent).lookProcess,
		doc: "A process, by the name of its binary, which is in `/proc/PID/comm`.",
		attributes: []attribute{
			{"running", truthValue, needed, "whether one runs", "a name of more than the 15 bytes that Linux keeps is compared by those; goss never finds it"},
			{"comm", textValue, given, "the name", ""},
		},
		example: "greeterd: {running: true}",
	},
	{
		name: "user", key: "the name", subject: "username", timeout: 10 * time.Second, look: (*agent).lookUser,
		doc: "A user in `/etc/passwd`.",
		attributes: []attribute{
			{"exists", truthValue, gate, "whether there is one", ""},
			{"uid", numberValue, asked, "number", ""},
			{"gid", numberValue, asked, "number of the primary group", ""},
			{"home", textValue, asked, "home directory", ""},
			{"groups", listValue, asked, "names of all groups, the primary one with them", ""},
			{"shell", textValue, asked, "login shell", ""},
			{"username", textValue, given, "the name", ""},
		},
		example: "greeter: {exists: true, home: /var/lib/greeter, shell: /usr/sbin/nologin, groups: [greeter]}",
	},
	{
		name: "group", key: "the name", subject: "groupname", timeout: 10 * time.Second, look: (*agent).lookGroup,
		doc: "A group in `/etc/group`.",
		attributes: []attribute{
			{"exists", truthValue, gate, "whether there is one", ""},
			{"gid", numberValue, asked, "number", ""},
			{"groupname", textValue, given, "the name", ""},
		},
		example: "greeter: {exists: true, gid: {lt: 1000}}",
	},
	{
		name: "command", key: "the command", subject: "exec", timeout: 10 * time.Second, look: (*agent).lookCommand,
		doc: "A command, run by `sh -c` as root in `/`, with nothing to read from its input. Output is taken up to 64 MiB.",
		attributes: []attribute{
			{"exit-status", numberValue, needed, "exit status; -1 when a signal ended it", ""},
			{"stdout", contentValue, asked, "what it printed to its output", ""},
			{"stderr", contentValue, asked, "what it printed to its error output", ""},
			{"exec", textValue, given, "the command", ""},
		},
		differs: []string{
			"`LANG` is `C.UTF-8` where the machine sets none.",
			"At the end of `timeout` the command and what it started are killed; goss leaves them running.",
			"A command that started a daemon is over when it exits, though the daemon may hold its output open.",
		},
		example: "greeter hello: {exit-status: 0, stdout: [/hello/, \"!error\"], stderr: \"\"}",
	},
	{
		name: "http", key: "the URL", subject: "url", timeout: 5 * time.Second, look: (*agent).lookHTTP, refuse: refuseHTTP,
		doc: "An answer to an HTTP request.",
		attributes: []attribute{
			{"status", numberValue, gate, "status code", ""},
			{"headers", contentValue, asked, "headers of the answer, `Name: value`, one a line, sorted", "reported as `headers`, where goss says `Headers`"},
			{"body", contentValue, asked, "body of the answer, up to 64 MiB", "reported as `body`, where goss says `Body`"},
			{"url", textValue, given, "the URL", ""},
			{"method", textValue, given, "method, `GET` if not given", ""},
			{"request-headers", listValue, given, "headers of the request, `Name: value` each", ""},
			{"request-body", textValue, given, "body of the request", ""},
			{"username", textValue, given, "user for basic authentication", ""},
			{"password", textValue, given, "password for it", ""},
			{"allow-insecure", truthValue, given, "take any certificate", ""},
			{"no-follow-redirects", truthValue, given, "judge a redirect itself", ""},
			{"ca-file", textValue, given, "file in the machine with certificates to trust", ""},
			{"cert-file", textValue, given, "file in the machine with a client certificate", ""},
			{"key-file", textValue, given, "file in the machine with its key", ""},
			{"proxy", textValue, given, "URL of a proxy; else the machine's `http_proxy` and `no_proxy` count", ""},
		},
		differs: []string{"`User-Agent` is `drone-packages`, if none is given."},
		example: "http://localhost:9101/health: {status: 200, body: [ok], retry: 10s}",
	},
	{
		name: "addr", key: "the address", subject: "address", timeout: 500 * time.Millisecond, look: (*agent).lookAddr, refuse: refuseAddr,
		doc: "An address that is connected to, `tcp://host:port`; without a protocol it is `tcp`. UDP has no connections: it is reachable when the name resolves.",
		attributes: []attribute{
			{"reachable", truthValue, needed, "whether a connection is made", ""},
			{"address", textValue, given, "the address", ""},
			{"local-address", textValue, given, "IP address to connect from", ""},
		},
		example: "tcp://rabbitmq:5672: {reachable: true, services: [rabbitmq]}",
	},
	{
		name: "dns", key: "the name", subject: "resolve", timeout: 500 * time.Millisecond, look: (*agent).lookDNS, refuse: refuseDNS,
		doc: "A name and what it resolves to. With a `server`, the key may begin with a record type: `A:`, `AAAA:`, `CAA:`, `CNAME:`, `MX:`, `NS:`, `PTR:`, `SRV:`, `SSHFP:`, `TXT:`.",
		attributes: []attribute{
			{"resolvable", truthValue, gate, "whether there is an answer", ""},
			{"addrs", listValue, asked, "the addresses, or what the records say, sorted", ""},
			{"resolve", textValue, given, "the name", ""},
			{"server", textValue, given, "server to ask, `host` or `host:port`", ""},
		},
		example: "rabbitmq: {resolvable: true, addrs: {contain-element: {have-prefix: \"172.\"}}}",
	},
	{
		name: "mount", key: "the mount point", subject: "mountpoint", timeout: time.Second, look: (*agent).lookMount,
		doc: "A mount point; where several file systems are mounted, the one on top.",
		attributes: []attribute{
			{"exists", truthValue, gate, "whether something is mounted there", "goss fails on `exists: false`, whatever it finds"},
			{"opts", listValue, asked, "options of the mount", ""},
			{"vfs-opts", listValue, asked, "options of the file system", ""},
			{"source", textValue, asked, "what is mounted", ""},
			{"filesystem", textValue, asked, "type of the file system", ""},
			{"usage", numberValue, asked, "per cent of its blocks in use", ""},
			{"mountpoint", textValue, given, "the mount point", ""},
		},
		differs: []string{"goss looks at the file system below, if there are several."},
		example: "/run: {exists: true, filesystem: tmpfs, opts: [nosuid], usage: {lt: 95}}",
	},
	{
		name: "interface", key: "the name", subject: "name", timeout: 10 * time.Second, look: (*agent).lookInterface,
		doc: "A network interface.",
		attributes: []attribute{
			{"exists", truthValue, gate, "whether there is one", ""},
			{"addrs", listValue, asked, "addresses with their prefix length, `127.0.0.1/8`", ""},
			{"mtu", numberValue, asked, "largest packet, in bytes", ""},
			{"name", textValue, given, "the name", ""},
		},
		example: "lo: {exists: true, addrs: [127.0.0.1/8]}",
	},
	{
		name: "kernel-param", key: "the parameter", subject: "name", timeout: 10 * time.Second, look: (*agent).lookKernelParam,
		doc: "A parameter of the kernel, as sysctl(8) names it.",
		attributes: []attribute{
			{"value", anyValue, needed, "its value, without the newline at its end", ""},
			{"name", textValue, given, "the parameter", ""},
		},
		example: "net.core.somaxconn: {value: {ge: 128}}",
	},
	{
		name: "matching", key: "a name of yours", timeout: 10 * time.Second, look: (*agent).lookMatching,
		doc: "A value that is given, for templates.",
		attributes: []attribute{
			{"matches", readingValue, needed, "what must hold of it", ""},
			{"content", anyValue, given, "the value", ""},
			{"as-reader", truthValue, given, "take it as text, line by line", ""},
		},
		example: "version: {content: \"{{ .version }}\", matches: {semver-constraint: \">=1.2.0\"}}",
	},
}

// commonAttributes are those of every kind.
var commonAttributes = []attribute{
	{"title", textValue, given, "what the report calls it beside its key", ""},
	{"meta", anyValue, given, "whatever you like; it is not used", "goss puts it into its output"},
	{"skip", textValue, given, "`true`, or the reason, for which it is not asked", "goss knows no reason"},
	{"retry", textValue, given, "ask again until it passes: a number of further tries, or a time such as `30s` within which they begin", "not in goss, whose `--retry-timeout` is for all tests at once"},
	{"retry_count", numberValue, given, "a number of further tries", "goss has it in `command`, `dns` and `package`, after 0.4.9, where each attribute is asked again by itself"},
	{"retry_delay", textValue, given, "time between tries, milliseconds or `500ms`; else 100 ms, growing to 1 s", "1 s in goss"},
	{"timeout", textValue, given, "how long one try may take, milliseconds or `5s`", "goss has it in some kinds"},
	{"when", listValue, given, "the moments at which it is asked: `installed`, `restarted`, `rebooted`, `upgraded`; all, if not given", "not in goss"},
	{"services", listValue, given, "names of services that it needs; skipped where one is missing", "not in goss"},
}

// differences from goss that are of no one kind.
var differences = []string{
	"Files are read strictly: an unknown kind, attribute or matcher, a missing attribute that goss needs, a value of the wrong kind, a pattern that is none are errors with file, line and column, all at once, before anything runs. goss tells of most when it tests, or not at all.",
	"A key that comes twice is an error.",
	"`gossfile` and `registry` are not there, and neither is the matcher `xml`.",
	"`/expression/` may have the flags `i`, `m` and `s` after it, as in goss after 0.4.9.",
	"A backslash before `!` or `/` makes it a part of a text pattern. goss drops all of `\\`, `/` and `!` from its beginning, so that `/usr/bin` finds `usr/bin`.",
	"`equal` compares the machine's lists by their items, and 42 equals 42.0.",
	"Text is a list of its lines for a plain list and `consist-of` too, as goss documents and does not do.",
	"A list is text of one item a line, and a number if it has one that says so, in `matching` too.",
	"Of the functions of templates there are those above, and none of Sprig's others. `readFile` is refused, `getEnv` does not see the environment.",
}

// foreign are kinds that goss has and we have not, with the way round.
var foreign = map[string]string{
	"gossfile": "gossfile imports other files, which is not supported: list each file where checks are set, or write its tests here",
	"registry": "registry is of Windows",
}

func kindNames() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// kindOf finds a kind by name; nil if there is none.
func kindOf(name string) *kind {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return &kinds[i]
}

// attribute finds one by name; nil if there is none.
func (k *kind) attribute(name string) *attribute {
	i := slices.IndexFunc(k.attributes, func(a attribute) bool { return a.name == name })
	if i < 0 {
		return nil
	}
	return &k.attributes[i]
}

// asks are the attributes that can be asked, options those that say how.
func (k *kind) asks() []attribute    { return k.attributesFor(false) }
func (k *kind) options() []attribute { return k.attributesFor(true) }

func (k *kind) attributesFor(option bool) []attribute {
	var some []attribute
	for _, a := range k.attributes {
		if (a.use == given) == option {
			some = append(some, a)
		}
	}
	return some
}

// words are all attributes that may be written, for suggestions.
func (k *kind) words() []string { return names(slices.Concat(k.attributes, commonAttributes)) }

func names(attributes []attribute) []string {
	var names []string
	for _, a := range attributes {
		names = append(names, a.name)
	}
	return names
}
