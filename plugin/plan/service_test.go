package plan_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/settings"
)

// withServices is the small plan's input with services as packages.yml has
// them, and with a distro in the catalogue that was not asked for.
func withServices(t *testing.T, yaml string) plan.Input {
	t.Helper()
	in := input()
	for _, r := range []distros.Recipe{distros.Service, distros.Older, distros.Upgrade, distros.Downgrade} {
		in.Families["debian"].Recipes[r] = "echo " + string(r)
	}
	in.Catalogue = append(slices.Clone(in.Distros),
		distros.Distro{Name: "debian-11", Family: "debian", Image: "debian:11", Suite: "bullseye", Init: "systemd-sysv", Aliases: []string{"bullseye"}},
		distros.Distro{Name: "odd-1", Family: "odd"})
	s, _, err := settings.Load(nil, fstest.MapFS{"packages.yml": {Data: []byte("services:\n  " + strings.ReplaceAll(yaml, "\n", "\n  "))}})
	if err != nil {
		t.Fatal(err)
	}
	in.Settings.Services = s.Services
	return in
}

// serviceOf is a planned service by name.
func serviceOf(t *testing.T, p plan.Plan, name string) plan.Service {
	t.Helper()
	i := slices.IndexFunc(p.Services, func(s plan.Service) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no service %s is planned", name)
	}
	return p.Services[i]
}

func TestServicesPrintBeforeAnythingStarts(t *testing.T) {
	in := withServices(t, `
postgres:
queue: {like: rabbitmq, aliases: [mq], ready: {deadline: 3m}}
store:
  image: registry.example/store:2
  command: serve --wide
  ready: {tcp: 8080, http: 8080/health, log: ^ready$, command: [store, ping], health: true, interval: 1s}
  shared: true
mailer: {from: debian-13, install: [postfix, mailutils], prepare: "postconf -e x=y\nexit 0\n", port: 25}
cache: {from: bullseye, install: redis-server, command: redis-server --port 6380, port: 6380, shared: yes}
`)
	in.Distros, in.Settings.Test.Lifecycle = in.Distros[1:], settings.List{"check"}
	p := newPlan(t, in)
	golden(t, "services", p.String()+"\n"+p.Detail())
}

func TestAComposeFileOfFiveServicesIsPlanned(t *testing.T) {
	text, err := os.ReadFile("../settings/testdata/compose/five.yml")
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := settings.Load([]string{"PLUGIN_SERVICES=compose.yaml", "TOKEN=t", "POSTGRES_PASSWORD=p"}, fstest.MapFS{
		"compose.yaml": {Data: text}, "common.env": {}, "web/site.conf": {}, ".env": {Data: []byte("NAME=world\nLEVEL=3\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := withServices(t, "{}")
	in.Distros, in.Settings.Services, in.Settings.Test.Lifecycle = in.Distros[:1], s.Services, settings.List{"check"}
	p := newPlan(t, in)
	golden(t, "compose", p.String()+"\n"+p.Detail())
}

// What a user says goes on top of what is known.
func TestKnownServicesAreCompleted(t *testing.T) {
	const minute = time.Minute
	for yaml, want := range map[string]plan.Service{
		"redis:": {
			Name: "redis", Image: "services/redis:8", Source: "redis:8", Port: 6379,
			Ready: []plan.Probe{{Kind: plan.ProbeCommand, Target: "redis-cli ping", Args: []string{"sh", "-c", "redis-cli ping"}}}, Deadline: minute,
		},
		"redis: {image: redis:7, environment: {A: b}, aliases: [cache], hostname: r.example, files: {/x: y}, ready: {interval: 2s}}": {
			Name: "redis", Image: "services/redis:7", Source: "redis:7", Port: 6379, Env: map[string]string{"A": "b"},
			Aliases: []string{"cache"}, Hostname: "r.example", Files: map[string]string{"/x": "y"}, Interval: 2 * time.Second,
			Ready: []plan.Probe{{Kind: plan.ProbeCommand, Target: "redis-cli ping", Args: []string{"sh", "-c", "redis-cli ping"}}}, Deadline: minute,
		},
		// What is known asks the port that is known.
		"redis: {port: 6380, command: redis-server --port 6380}": {
			Name: "redis", Image: "services/redis:8", Source: "redis:8", Port: 6380, Args: []string{"redis-server", "--port", "6380"},
			Ready: []plan.Probe{{Kind: plan.ProbeTCP, Target: "6380"}}, Deadline: minute,
		},
		// Readiness, once given, is all of it, but for the patience.
		"elasticsearch: {environment: {discovery.type: x, xpack.security.enabled: y, ES_JAVA_OPTS: z}, ready: {tcp: 9300}}": {
			Name: "elasticsearch", Image: "services/elasticsearch:9.2.1", Source: "elasticsearch:9.2.1", Port: 9200,
			Env:   map[string]string{"discovery.type": "x", "xpack.security.enabled": "y", "ES_JAVA_OPTS": "z"},
			Ready: []plan.Probe{{Kind: plan.ProbeTCP, Target: "9300"}}, Deadline: 3 * minute,
		},
		"elasticsearch: {environment: {discovery.type: x, xpack.security.enabled: y, ES_JAVA_OPTS: z}, ready: {deadline: 20s}}": {
			Name: "elasticsearch", Image: "services/elasticsearch:9.2.1", Source: "elasticsearch:9.2.1", Port: 9200,
			Env:   map[string]string{"discovery.type": "x", "xpack.security.enabled": "y", "ES_JAVA_OPTS": "z"},
			Ready: []plan.Probe{{Kind: plan.ProbeHTTP, Target: "9200/_cluster/health"}}, Deadline: 20 * time.Second,
		},
		// A known command is for the known entrypoint.
		"minio: {entrypoint: [serve], environment: {MINIO_ROOT_USER: a, MINIO_ROOT_PASSWORD: b}}": {
			Name: "minio", Image: "services/minio/minio:latest", Source: "minio/minio:latest", Port: 9000, Entrypoint: []string{"serve"},
			Env:   map[string]string{"MINIO_ROOT_USER": "a", "MINIO_ROOT_PASSWORD": "b"},
			Ready: []plan.Probe{{Kind: plan.ProbeHTTP, Target: "9000/minio/health/live"}}, Deadline: minute,
		},
		// Its own name is in what is known; not in what the user says.
		"keys: {like: etcd, environment: {MORE: '${name}'}}": {
			Name: "keys", Image: "services/quay.io/coreos/etcd:v3.6.6", Source: "quay.io/coreos/etcd:v3.6.6", Port: 2379,
			Env: map[string]string{
				"ETCD_LISTEN_CLIENT_URLS": "http://0.0.0.0:2379", "ETCD_ADVERTISE_CLIENT_URLS": "http://keys:2379", "MORE": "${name}",
			},
			Ready: []plan.Probe{{Kind: plan.ProbeHTTP, Target: "2379/health"}}, Deadline: minute,
		},
		"own: {image: a/b, port: 80}": {
			Name: "own", Image: "services/a/b", Source: "a/b", Port: 80, Ready: []plan.Probe{{Kind: plan.ProbeTCP, Target: "80"}}, Deadline: minute,
		},
		// Of a known one that a distro makes, the port alone is known.
		"postgres: {from: debian-12, install: postgresql, command: serve}": {
			Name: "postgres", Image: "services/postgres+debian-12", Source: "postgresql of debian-12", Port: 5432,
			Args: []string{"serve"}, Ready: []plan.Probe{{Kind: plan.ProbeTCP, Target: "5432"}}, Deadline: minute,
		},
	} {
		p := newPlan(t, withServices(t, yaml))
		got := p.Services[0]
		want.Interval = max(want.Interval, 500*time.Millisecond)
		if len(got.Env) == 0 {
			got.Env = nil
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", yaml, d)
		}
	}
}

// A service of a distro's own packages boots as machines do, unless it is
// told what to run.
func TestServicesOfADistroBoot(t *testing.T) {
	in := withServices(t, "a: {from: debian-13, install: x, port: 1}\nb: {from: debian-13, install: x, port: 1, entrypoint: x}\nc: {image: x, port: 1}")
	p := newPlan(t, in)
	if a := serviceOf(t, p, "a"); !a.Boots || cmp.Diff(p.Ladder, a.Ladder) != "" {
		t.Errorf("a does not boot by the ladder: %+v", a)
	}
	for _, name := range []string{"b", "c"} {
		if s := serviceOf(t, p, name); s.Boots || s.Ladder != nil {
			t.Errorf("%s boots: %+v", name, s)
		}
	}
}

func TestServicesKeepToTheLimits(t *testing.T) {
	in := withServices(t, "redis:")
	in.Settings.CPUs, in.Settings.Memory = 1.5, 512<<20
	if s := serviceOf(t, newPlan(t, in), "redis"); s.CPUs != 1.5 || s.Memory != 512<<20 {
		t.Errorf("got %v cpus, %d bytes", s.CPUs, s.Memory)
	}
}

// Every job that is needed is there, whatever is left out: one that is not
// would be waited for without end.
func TestJobsOfServicesAreWhole(t *testing.T) {
	const services = "postgres:\nqueue: {image: postgres, port: 1}\nmade: {from: trixie, install: x, port: 1}\nother: {from: debian-13, install: y, port: 1}"
	for name, change := range map[string]func(*plan.Input){
		"all":                 func(*plan.Input) {},
		"only the one":        func(in *plan.Input) { in.Settings.Only = settings.List{"debian-12"} },
		"only the other":      func(in *plan.Input) { in.Settings.Only = settings.List{"debian-13"} },
		"one of them untried": func(in *plan.Input) { in.Settings.Test.Skip = settings.List{"debian-13"} },
	} {
		in := withServices(t, services)
		change(&in)
		count := map[string]int{}
		jobs := newPlan(t, in).Jobs
		for _, j := range jobs {
			count[j.Name]++
		}
		for _, j := range jobs {
			if count[j.Name] != 1 {
				t.Errorf("%s: %s is planned %d times", name, j.Name, count[j.Name])
			}
			for _, need := range append(slices.Clone(j.Needs), j.From) {
				if need != "" && count[need] == 0 {
					t.Errorf("%s: %s needs %s, which is not planned", name, j.Name, need)
				}
			}
			if j.Kind == plan.Test && !slices.Contains(j.Needs, "services/made+trixie") {
				t.Errorf("%s: %s does not wait for its services: %v", name, j.Name, j.Needs)
			}
		}
	}
}

func TestServicesOfOneImageShareItsJob(t *testing.T) {
	var jobs []string
	for _, j := range newPlan(t, withServices(t, "a: {image: x/y, port: 1}\nb: {image: x/y, port: 2}\nc: {image: x, port: 3}")).Jobs {
		if j.Kind == plan.ServiceImage {
			jobs = append(jobs, j.Name)
		}
	}
	if d := cmp.Diff([]string{"services/x/y", "services/x"}, jobs); d != "" {
		t.Error(d)
	}
}

// An image is made anew when what goes into it changes, and not by a name.
func TestServicesAreCachedByWhatGoesIntoThem(t *testing.T) {
	key := func(yaml string) string {
		for _, j := range newPlan(t, withServices(t, yaml)).Jobs {
			if j.Kind == plan.ServiceImage {
				return j.Cache.Key
			}
		}
		return ""
	}
	same := key("a: {from: debian-13, install: [x, y], port: 1}")
	for yaml, want := range map[string]bool{
		"b: {from: trixie, install: 'x,y', port: 2, command: serve}":  true,
		"a: {from: debian-13, install: [x], port: 1}":                 false,
		"a: {from: debian-13, install: [x, y], port: 1, prepare: ls}": false,
	} {
		if got := key(yaml) == same; got != want {
			t.Errorf("%s: the same key: %t, want %t", yaml, got, want)
		}
	}
}

func TestServicesAreStartedOnlyForTests(t *testing.T) {
	in := withServices(t, "redis:\nmade: {from: debian-11, install: x, port: 1}")
	in.Settings.Test.Skip = settings.List{"debian-*"}
	p := newPlan(t, in)
	if len(p.Services) > 0 || !slices.Contains(p.Notes, "no service is started: nothing is tested") {
		t.Errorf("services %v, notes %q", p.Services, p.Notes)
	}
	for _, j := range p.Jobs {
		if j.Distro == "services" {
			t.Errorf("%s is planned for nothing", j.Name)
		}
	}
}

func TestServiceErrors(t *testing.T) {
	const all = "elasticsearch, etcd, kafka, mailpit, mariadb, memcached, minio, mongodb, mysql, nats, opensearch, postgres, rabbitmq, redis"
	for yaml, want := range map[string]string{
		"db:":                                   "services.db: it is none of the known ones (" + all + "): say its image, or from and install",
		"db: {like: oracle}":                    `services.db.like: "oracle" is no known service; there are: ` + all,
		"db: {image: a}":                        "services.db.ready: say how to see that it is ready: tcp, http, log, command or health",
		"db: {image: a, ready: {deadline: 3s}}": "services.db.ready: say how to see that it is ready: tcp, http, log, command or health",
		"postgres: {image: a, from: debian-13, install: b}": "services.postgres: image and from exclude each other: say where it comes from once",
		"db: {from: debian-13, port: 1}":                    "services.db.install: from debian-13 wants the names of its packages",
		"db: {from: debian-99, install: a, port: 1}":        `services.db.from: distros: there is no "debian-99": did you mean`,
		"db: {from: 'debian-*', install: a, port: 1}":       `services.db.from: "debian-*" matches several distros: name one`,
		"db: {from: odd-1, install: a, port: 1}":            `distro odd-1: there is no family "odd"`,
		"test: {image: a, port: 1}":                         "services.test: the machines under test go by the name test: give it another",
		"redis: {aliases: [TEST]}":                          "services.redis: the machines under test go by the name test: give it another",
	} {
		_, err := plan.New(withServices(t, yaml))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", yaml, err, want)
		}
	}
}

func TestAllServicesThatAreWrongAreTold(t *testing.T) {
	_, err := plan.New(withServices(t, "a: {image: x}\nb: {like: y}\nredis:"))
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "services.b.like") {
		t.Errorf("got %v", err)
	}
}

// A compose file has no readiness of ours to be set.
func TestAComposeServiceWithoutReadinessSaysWhatToAdd(t *testing.T) {
	in := withServices(t, "db: {image: a}")
	in.Settings.Services.Compose = "compose.yaml"
	_, err := plan.New(in)
	if want := "compose.yaml: services.db: say how to see that it is ready: give it a healthcheck, or expose its port"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
