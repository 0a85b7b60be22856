package plan_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/plan"
)

const servicesHead = `# Services

Written by ` + "`make generate`" + ` from ` + "`plugin/plan/services.yml`" + `; adding a known service is adding it there.

A daemon that needs a database is tested next to a real one. What ` + "`services:`" + ` names is started on each test machine's
own network, fresh for every machine, and reached by its name; what is ` + "`shared: true`" + ` is started once for all machines.
Services start while the machine boots; packages are installed when all are ready.

` + "```yaml" + `
services:
  postgres: {}                       # known: its name is enough
  mq: {like: rabbitmq, aliases: [amqp]}   # a known one by another name
  store:                             # any other
    image: registry.example/store:2
    command: serve --port 8080
    environment: {LEVEL: debug}
    environment_from: [STORE_TOKEN]  # from the step's environment, masked in logs
    files: {/etc/store.conf: "wide = yes\n"}
    ready: {http: 8080/health, deadline: 2m}
  web: {from: debian-13, install: nginx, port: 80}   # of a distro's own packages
` + "```" + `

Or ` + "`services: compose.yaml`" + `: [compose.md](compose.md) says what of a compose file is read. Every key is in
[settings.md](settings.md).

**Ready.** All that is said has to hold, asked every half second for a minute unless ` + "`interval` and `deadline`" + ` say
otherwise. ` + "`tcp` and `http`" + ` are asked from the test machine, where the service will be used; ` + "`command`" + ` in the
service's container, by ` + "`sh -c`" + `, or without a shell when it is a list; ` + "`log`" + ` is a regular expression for a line;
` + "`health`" + ` asks the image's own health check. What will not pass with time (a command that is not there, an image without
a health check) is told at once.

**Fault, not failure.** A service that ends, or is never ready, says nothing about the package: the phase is a fault, with
the last lines that the service printed, and the run ends with exit code 3. All that it printed is in
` + "`dist/DISTRO/service-NAME.log`" + `, secrets masked, whatever became of the run.

**Of a distro's own packages.** ` + "`from` and `install`" + ` make an image once, cached by content; it boots as test machines do
and its units are started, unless it has a ` + "`command`" + `. Many Debian daemons listen on localhost only: ` + "`prepare`" + ` is a
script for that, run when the packages are installed and nothing runs yet.

## Known services

What a setting says goes on top: environments are joined; readiness, once given, is all of it.

| name | image | port | environment | ready | deadline |
|---|---|---|---|---|---|
`

func TestDocumentIsFresh(t *testing.T) {
	const file = "../../docs/services.md"
	known, err := plan.KnownServices()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(servicesHead)
	for _, name := range sortedNames(known) {
		s := serviceOf(t, newPlan(t, withServices(t, name+":")), name)
		var env, probes []string
		for _, variable := range sortedNames(s.Env) {
			env = append(env, fmt.Sprintf("`%s=%s`", variable, s.Env[variable]))
		}
		for _, p := range s.Ready {
			probes = append(probes, fmt.Sprintf("%s `%s`", p.Kind, p.Target))
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %d | %s | %s | %s |\n", name, s.Source, s.Port, strings.Join(env, "<br>"), strings.Join(probes, ", "), s.Within())
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b.String(), string(have)); d != "" {
		t.Errorf("%s is stale: make generate\n%s", file, d)
	}
}

func sortedNames[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// What stands there is enough by itself: an image with a version, a port, a
// way to see that it is ready that asks that port or needs none.
func TestKnownServicesAreWhole(t *testing.T) {
	known, err := plan.KnownServices()
	if err != nil {
		t.Fatal(err)
	}
	for name := range known {
		s := serviceOf(t, newPlan(t, withServices(t, name+":")), name)
		if !strings.Contains(s.Source, ":") || s.Port == 0 || len(s.Ready) == 0 || s.Deadline < time.Minute {
			t.Errorf("%s: %+v", name, s)
		}
		for _, p := range s.Ready {
			if p.Kind == plan.ProbeTCP && p.Target != fmt.Sprint(s.Port) {
				t.Errorf("%s listens on %d and is asked at %s", name, s.Port, p.Target)
			}
		}
	}
}
