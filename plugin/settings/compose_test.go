package settings_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

// compose reads the text of a compose file among those of a workspace.
func compose(text string, environ ...string) (settings.Settings, error) {
	s, _, err := settings.Load(
		append(environ, "PLUGIN_SERVICES=./ci/compose.yaml", "PLUGIN_ENVIRONMENT_FROM=LEVEL", "LEVEL=hunter2", "TOKEN=t", "POSTGRES_PASSWORD=pass"),
		fstest.MapFS{
			"ci/compose.yaml":  {Data: []byte(text)},
			"ci/.env":          {Data: []byte("NAME=world\nLEVEL=lower\n")},
			"ci/common.env":    {Data: []byte("A=1\nB=\"hello $NAME\"\nTOKEN=other\n")},
			"ci/wrong.env":     {Data: []byte("a b\n")},
			"ci/web/site.conf": {Data: []byte("listen 8080;\n")},
		})
	return s, err
}

func TestComposeFilesAreRead(t *testing.T) {
	text, err := os.ReadFile("testdata/compose/five.yml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := compose(string(text))
	if err != nil {
		t.Fatal(err)
	}
	pass := settings.Variables{"POSTGRES_USER": "shop", "POSTGRES_PASSWORD": "pass"}
	want := settings.Services{Compose: "./ci/compose.yaml", Named: map[string]settings.Service{
		"db": {
			Image: "postgres:17", Aliases: settings.List{"shop-db"}, Port: 5432,
			Environment: pass, EnvironmentFrom: settings.List{"POSTGRES_PASSWORD"},
			Ready: settings.Ready{
				Command:  settings.Script{"sh", "-c", `pg_isready -U "$POSTGRES_USER"`},
				Interval: settings.Duration(time.Second), Deadline: settings.Duration(90 * time.Second),
			},
		},
		"cache": {
			Image: "redis:8", Command: settings.Words{"redis-server", "--save", "", "--port", "6380"}, Port: 6380,
			Environment: settings.Variables{},
		},
		"queue": {
			Image: "rabbitmq:4", Hostname: "queue.shop.example", Aliases: settings.List{"amqp.shop.example", "mq"},
			Environment:     settings.Variables{"RABBITMQ_DEFAULT_USER": "shop", "RABBITMQ_DEFAULT_PASS": "a=b", "TOKEN": "t", "A": "1", "B": "hello world"},
			EnvironmentFrom: settings.List{"TOKEN"},
			Ready: settings.Ready{
				Command:  settings.Script{"rabbitmq-diagnostics", "-q", "ping"},
				Interval: settings.Duration(200 * time.Millisecond), Deadline: settings.Duration(2400 * time.Millisecond),
			},
		},
		"web": {
			Image: "registry.example/web:2", Entrypoint: settings.Words{"/bin/serve", "--greeting", "it's"}, Port: 8080,
			Environment: settings.Variables{},
			Files:       settings.Map{"/site": "listen 8080;\n", "/etc/motd": "hello world\n", "/etc/level": "hunter2"},
			Ready:       settings.Ready{Health: true, Interval: settings.Duration(time.Second), Deadline: settings.Duration(4 * time.Minute)},
		},
		"worker": {Image: "registry.example/worker:2", Port: 9000, Environment: settings.Variables{}},
	}}
	if d := cmp.Diff(want, got.Services); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
	if d := cmp.Diff([]string{"hunter2", "pass", "t"}, got.Secrets()); d != "" {
		t.Errorf("secrets: want (-), got (+):\n%s", d)
	}
}

func TestEveryProblemOfAComposeFileIsTold(t *testing.T) {
	for _, e := range examples(t, "testdata/compose/bad/*.yml") {
		_, err := compose(e.text)
		if d := cmp.Diff(e.problems, problems(err)); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", e.file, d)
		}
	}
}

func TestAComposeFileThatCannotBeReadIsTold(t *testing.T) {
	const file = "services: {a: {image: b}}"
	for path, c := range map[string]struct {
		workspace fstest.MapFS
		want      string
	}{
		"postgres":       {nil, "services: open postgres: file does not exist: text is the path of a compose file; a known service is {postgres: {}}"},
		"../compose.yml": {nil, `services: found "../compose.yml", wanted a compose file inside the workspace, such as compose.yaml`},
		"/compose.yml":   {nil, `services: found "/compose.yml", wanted a compose file inside the workspace, such as compose.yaml`},
		"c.yml":          {fstest.MapFS{"c.yml": {Data: []byte(file)}, ".env": {Data: []byte("a b\n")}}, ".env: line 1: key cannot contain a space"},
		"d.yml":          {fstest.MapFS{"d.yml": {Data: []byte(file)}, ".env/x": {}}, "services: read .env: invalid argument"},
	} {
		_, _, err := settings.Load([]string{"PLUGIN_SERVICES=" + path}, c.workspace)
		if d := cmp.Diff([]string{c.want}, problems(err)); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", path, d)
		}
	}
}

// The file of the workspace names it as a variable does.
func TestThePathOfAComposeFileMayBeInTheFile(t *testing.T) {
	workspace := fstest.MapFS{
		"packages.yml": {Data: []byte("services: compose.yaml")}, "compose.yaml": {Data: []byte("services: {redis: {image: redis:8}}")},
	}
	want := map[string]settings.Service{"redis": {Image: "redis:8", Environment: settings.Variables{}}}
	s, _, err := settings.Load(nil, workspace)
	if d := cmp.Diff(want, s.Services.Named); d != "" || err != nil {
		t.Errorf("%v: want (-), got (+):\n%s", err, d)
	}
	s, _, err = settings.Load([]string{"PLUGIN_SERVICES={postgres: {}}"}, workspace)
	if d := cmp.Diff(settings.Services{Named: map[string]settings.Service{"postgres": {}}}, s.Services); d != "" || err != nil {
		t.Errorf("a variable on top: %v: want (-), got (+):\n%s", err, d)
	}
}

// What a health check says, and what we make of it.
func TestHealthChecksAreReadiness(t *testing.T) {
	const second = settings.Duration(time.Second)
	for check, want := range map[string]settings.Ready{
		"{test: [NONE]}":                        {},
		"{disable: true, test: x}":              {},
		"{test: 'nc -z $$HOST 1'}":              {Command: settings.Script{"sh", "-c", "nc -z $HOST 1"}, Interval: second, Deadline: 180 * second},
		"{test: [CMD-SHELL, 'a || exit 1']}":    {Command: settings.Script{"sh", "-c", "a || exit 1"}, Interval: second, Deadline: 180 * second},
		"{test: [CMD, a, 'b c']}":               {Command: settings.Script{"a", "b c"}, Interval: second, Deadline: 180 * second},
		"{test: a, retries: 5, timeout: 1s}":    {Command: settings.Script{"sh", "-c", "a"}, Interval: second, Deadline: 155 * second},
		"{test: a, interval: 10s, timeout: 2s}": {Command: settings.Script{"sh", "-c", "a"}, Interval: second, Deadline: 36 * second},
		"{test: a, start_interval: 100ms}":      {Command: settings.Script{"sh", "-c", "a"}, Interval: second / 10, Deadline: 180 * second},
		"{start_period: 20s}":                   {Health: true, Interval: second, Deadline: 200 * second},
	} {
		s, err := compose("services: {a: {image: a, healthcheck: " + check + "}}")
		if d := cmp.Diff(want, s.Services.Named["a"].Ready); d != "" || err != nil {
			t.Errorf("%s: %v: want (-), got (+):\n%s", check, err, d)
		}
	}
}

func TestTheFirstTCPPortIsTheServices(t *testing.T) {
	for keys, want := range map[string]settings.Int{
		`ports: ["80"]`: 80, `ports: ["8080:80", "81"]`: 80, `ports: ["127.0.0.1:8080:80/tcp"]`: 80,
		`ports: ["53:53/udp", "54"], expose: ["80"]`: 54, `ports: ["53/udp"], expose: ["81/udp", "82/tcp", "83"]`: 82,
		`expose: ["80-82", 90]`: 90, `ports: ["53/udp"]`: 0,
	} {
		s, err := compose("services: {a: {image: a, " + keys + "}}")
		if got := s.Services.Named["a"].Port; got != want || err != nil {
			t.Errorf("%s: got %d (%v), want %d", keys, got, err, want)
		}
	}
}

// A variable is asked of nothing but what the step passes on and .env.
func TestVariablesOfAComposeFile(t *testing.T) {
	for image, want := range map[string]string{
		"${NAME}": "world", "$LEVEL": "hunter2", "${TOKEN:-a}": "a", "${TOKEN-a}b": "ab", "${NAME:+c}": "c",
		"a${TOKEN+c}": "a", "a$$TOKEN": "a$TOKEN", "${TOKEN:-${NAME}}": "world",
	} {
		s, err := compose("services: {a: {image: '" + image + "'}}")
		if got := s.Services.Named["a"].Image; got != want || err != nil {
			t.Errorf("%s: got %s (%v), want %s", image, got, err, want)
		}
	}
}

func TestNoProblemOfAComposeFileShowsASecret(t *testing.T) {
	for _, keys := range []string{"ports: ['$LEVEL']", "healthcheck: {interval: $LEVEL}", "environment: {A: ['$LEVEL']}", "command: ['${LEVEL:?']"} {
		_, err := compose("services: {a: {image: a, " + keys + "}}")
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", keys, err)
		}
	}
}

func TestDatesInAComposeFileAreText(t *testing.T) {
	s, err := compose("services: {a: {image: a, command: [serve, 2026-11-24], environment: {SINCE: 2026-11-24}}}")
	a := s.Services.Named["a"]
	if err != nil || a.Environment["SINCE"] != "2026-11-24" || a.Command[1] != "2026-11-24" {
		t.Errorf("got %v %v (%v)", a.Environment, a.Command, err)
	}
}
