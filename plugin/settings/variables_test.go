package settings_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

// defaults are the settings of a user who asked for nothing.
var defaults = settings.Settings{
	Source: ".", Output: "dist", ImageSource: "auto", Pull: "if-not-exists", CheckValidUntil: true,
	Timeout: settings.Duration(30 * time.Minute), BootTimeout: settings.Duration(time.Minute), SettleTimeout: settings.Duration(30 * time.Second),
	Lint: "never", Keep: "never", Privileged: "auto", LogLevel: "info", Rerun: "all", BuildEnvironment: map[string]string{},
}

func TestDefaults(t *testing.T) {
	if d := cmp.Diff(defaults, mustLoad(t, "")); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

func TestEveryDefaultDecodes(t *testing.T) {
	fields := reflect.TypeFor[settings.Settings]()
	for i := range fields.NumField() {
		tag := fields.Field(i).Tag
		if value := tag.Get("default"); value != "" {
			variable := "PLUGIN_" + strings.ToUpper(tag.Get("yaml")) + "=" + value
			if d := cmp.Diff(defaults, mustLoad(t, "", variable)); d != "" {
				t.Errorf("%s: %s", variable, d)
			}
		}
	}
}

// What CI hosts make of YAML values, and what people write by hand.
func TestVariablesDecode(t *testing.T) {
	type to = func(*settings.Settings)
	list := func(items ...string) to {
		return func(s *settings.Settings) { s.Distros = append(settings.List{}, items...) }
	}
	for variable, want := range map[string]to{
		// A list: JSON or YAML, else lines, else commas.
		"PLUGIN_DISTROS=debian-12":                     list("debian-12"),
		"PLUGIN_DISTROS=debian-12,debian-13":           list("debian-12", "debian-13"),
		"PLUGIN_DISTROS= debian-12 , ,debian-13, ":     list("debian-12", "debian-13"),
		"PLUGIN_DISTROS=debian-12\ndebian-13\n":        list("debian-12", "debian-13"),
		"PLUGIN_DISTROS=\r\n debian-12\r\n\r\nsid\r\n": list("debian-12", "sid"),
		"PLUGIN_DISTROS=a,b\nc":                        list("a,b", "c"),
		`PLUGIN_DISTROS=["debian-12", "debian-13"]`:    list("debian-12", "debian-13"),
		`PLUGIN_DISTROS=["a,b","",null," c "]`:         list("a,b", "c"),
		"PLUGIN_DISTROS=[debian-12, debian-13]":        list("debian-12", "debian-13"),
		"PLUGIN_DISTROS=- debian-12\n- debian-13":      list("debian-12", "debian-13"),
		"PLUGIN_DISTROS=[ab]*,c":                       list("[ab]*", "c"),
		"PLUGIN_DISTROS=[]":                            list(),
		"PLUGIN_DISTROS=,":                             list(),
		"PLUGIN_BUILD_OPTIONS=nocheck, noopt":          func(s *settings.Settings) { s.BuildOptions = settings.List{"nocheck", "noopt"} },

		// A map: JSON as Drone makes it, YAML as people write it, a plain
		// string for all.
		`PLUGIN_IMAGES={"debian-12":"a:1","debian-13":2}`: func(s *settings.Settings) { s.Images = settings.Map{"debian-12": "a:1", "debian-13": "2"} },
		"PLUGIN_IMAGES=debian-12: a:1\n'ubuntu-*': b\n":   func(s *settings.Settings) { s.Images = settings.Map{"debian-12": "a:1", "ubuntu-*": "b"} },
		"PLUGIN_IMAGES={debian-12: a, debian-13: null}":   func(s *settings.Settings) { s.Images = settings.Map{"debian-12": "a"} },
		"PLUGIN_MIRROR=http://mirror.example/debian":      func(s *settings.Settings) { s.Mirror = settings.Map{"*": "http://mirror.example/debian"} },
		"PLUGIN_MIRROR={}": func(s *settings.Settings) { s.Mirror = settings.Map{} },
		`PLUGIN_ENVIRONMENT={"A":"1","B":2,"C":true,"D":1.5,"E":""}`: func(s *settings.Settings) {
			s.Environment = settings.Variables{"A": "1", "B": "2", "C": "true", "D": "1.5", "E": ""}
			s.BuildEnvironment = s.Environment
		},

		// Types of our own: a map of maps with lists inside is JSON on Drone.
		`PLUGIN_PACKAGES={"app":{"before":["./a, b","c"],"deb":"app/debian","needs":["lib"]},"lib":{}}`: func(s *settings.Settings) {
			s.Packages = map[string]settings.Package{
				"app": {Deb: "app/debian", Before: settings.Commands{"./a, b", "c"}, Needs: settings.List{"lib"}}, "lib": {},
			}
		},
		"PLUGIN_PACKAGES=app:\n  needs: lib\n  before: |\n    sed s/a,b/c/ d\n    make\nlib:\n": func(s *settings.Settings) {
			s.Packages = map[string]settings.Package{
				"app": {Needs: settings.List{"lib"}, Before: settings.Commands{"sed s/a,b/c/ d", "make"}}, "lib": {},
			}
		},
		`PLUGIN_PACKAGES={"x":{"before":"[ -f x ]"}}`: func(s *settings.Settings) {
			s.Packages = map[string]settings.Package{"x": {Before: settings.Commands{"[ -f x ]"}}}
		},
		`PLUGIN_PACKAGES={"x":{"before":"[\"a, b\"]"}}`: func(s *settings.Settings) {
			s.Packages = map[string]settings.Package{"x": {Before: settings.Commands{"a, b"}}}
		},
		`PLUGIN_TEST={"skip":["debian-12"],"noise":"/a,/b"}`: func(s *settings.Settings) {
			s.Test = settings.Test{Skip: settings.List{"debian-12"}, Noise: settings.List{"/a", "/b"}}
		},

		// A number or a word.
		"PLUGIN_PARALLEL= 4 ":         func(s *settings.Settings) { s.Parallel = 4 },
		"PLUGIN_CPUS=1.5":             func(s *settings.Settings) { s.CPUs = 1.5 },
		"PLUGIN_CPUS=2":               func(s *settings.Settings) { s.CPUs = 2 },
		"PLUGIN_MEMORY=512m":          func(s *settings.Settings) { s.Memory = 512 << 20 },
		"PLUGIN_MEMORY=2G":            func(s *settings.Settings) { s.Memory = 2 << 30 },
		"PLUGIN_MEMORY=1.5 GiB":       func(s *settings.Settings) { s.Memory = 3 << 29 },
		"PLUGIN_MEMORY=1048576":       func(s *settings.Settings) { s.Memory = 1 << 20 },
		"PLUGIN_TIMEOUT=10m":          func(s *settings.Settings) { s.Timeout = settings.Duration(10 * time.Minute) },
		"PLUGIN_TIMEOUT=1h30m":        func(s *settings.Settings) { s.Timeout = settings.Duration(90 * time.Minute) },
		"PLUGIN_TIMEOUT=90":           func(s *settings.Settings) { s.Timeout = settings.Duration(90 * time.Second) },
		"PLUGIN_TIMEOUT=0.5":          func(s *settings.Settings) { s.Timeout = settings.Duration(500 * time.Millisecond) },
		"PLUGIN_VERSION=1.10":         func(s *settings.Settings) { s.Version = "1.10" },
		"PLUGIN_PASSWORD= a b\n":      func(s *settings.Settings) { s.Password = "a b" },
		"PLUGIN_DOCKER_HOST=tcp://h:": func(s *settings.Settings) { s.DockerHost = "tcp://h:" },
		"PLUGIN_KEEP=failed":          func(s *settings.Settings) { s.Keep = "failed" },

		// Empty is not set.
		"PLUGIN_KEEP=":           func(*settings.Settings) {},
		"PLUGIN_TIMEOUT= \t":     func(*settings.Settings) {},
		"PLUGIN_PACKAGES=":       func(*settings.Settings) {},
		"PLUGIN_FAIL_FAST=":      func(*settings.Settings) {},
		"PLUGIN_PACKAGES=null":   func(*settings.Settings) {},
		"PLUGIN_NO_SETTING_AT= ": func(*settings.Settings) {},

		// Names as hosts and habits have them.
		"PLUGIN_DRY-RUN=true":       func(s *settings.Settings) { s.DryRun = true },
		"PLUGIN_dry.run=true":       func(s *settings.Settings) { s.DryRun = true },
		"INPUT_DRY_RUN=yes":         func(s *settings.Settings) { s.DryRun = true },
		"INPUT_DRY-RUN=yes":         func(s *settings.Settings) { s.DryRun = true },
		"INPUT_DRY RUN=yes":         func(s *settings.Settings) { s.DryRun = true },
		"INPUT_DISTROS=a\nb":        list("a", "b"),
		"INPUT_DISTROS=":            func(*settings.Settings) {},
		"PLUGIN_DISTRO=debian-12":   list("debian-12"),
		"INPUT_DISTRO=debian-12":    list("debian-12"),
		"PLUGIN_PACKAGE=x: {}":      func(s *settings.Settings) { s.Packages = map[string]settings.Package{"x": {}} },
		"PLUGIN_ARTIFACTS_DIR=out":  func(s *settings.Settings) { s.Output = "out" },
		"PLUGIN_JOBS=2":             func(s *settings.Settings) { s.Parallel = 2 },
		"PLUGIN_CONCURRENCY=2":      func(s *settings.Settings) { s.Parallel = 2 },
		"PLUGIN_IMAGE=a":            func(s *settings.Settings) { s.Images = settings.Map{"*": "a"} },
		"PLUGIN_EXCLUDES=a":         func(s *settings.Settings) { s.Exclude = settings.List{"a"} },
		"PLUGIN_MIRRORS=a":          func(s *settings.Settings) { s.Mirror = settings.Map{"*": "a"} },
		"PLUGIN_BUILD_OPTION=noopt": func(s *settings.Settings) { s.BuildOptions = settings.List{"noopt"} },
		"PLUGIN_DEBUG=true":         func(s *settings.Settings) { s.LogLevel = "debug" },
		"PLUGIN_DEBUG=Yes":          func(s *settings.Settings) { s.LogLevel = "debug" },
		"PLUGIN_DEBUG=false":        func(*settings.Settings) {},
		"DISTROS=debian-12":         func(*settings.Settings) {},
	} {
		expected := defaults
		want(&expected)
		got, _, err := load("", variable)
		if d := cmp.Diff(expected, got); d != "" || err != nil {
			t.Errorf("%q: %v: want (-), got (+):\n%s", variable, err, d)
		}
	}
}

func TestBoolsAreTolerant(t *testing.T) {
	for want, words := range map[settings.Bool]string{
		true: "true True TRUE yes Yes on ON 1 t y", false: "false False no NO off 0 f n",
	} {
		for _, word := range strings.Fields(words) {
			if got := mustLoad(t, "", "PLUGIN_CHECK_VALID_UNTIL="+word).CheckValidUntil; got != want {
				t.Errorf("%s: got %v", word, got)
			}
		}
	}
}

func TestTheFirstNameWins(t *testing.T) {
	for variables, want := range map[string]string{
		"INPUT_KEEP=failed|PLUGIN_KEEP=always":           "always",
		"INPUT_KEEP=failed|PLUGIN_KEEP=":                 "failed",
		"INPUT_KEEP=|PLUGIN_KEEP=always":                 "always",
		"PLUGIN_LOG-LEVEL=x|PLUGIN_KEEP=always":          "always",
		"PLUGIN_DEBUG=1|PLUGIN_LOG_LEVEL=warn":           "never",
		"PLUGIN_ARTIFACTS_DIR=..|PLUGIN_OUTPUT=packages": "never",
	} {
		got, _, _ := load("", strings.Split(variables, "|")...)
		if got.Keep != want {
			t.Errorf("%s: got keep %s, want %s", variables, got.Keep, want)
		}
	}
}

func TestEveryProblemOfAVariableIsTold(t *testing.T) {
	const fromSecret = ": a from_secret that was not resolved: Drone resolves them only at the top level of settings; use environment_from with the name of a variable"
	for variable, want := range map[string]string{
		`PLUGIN_DISTROS=[{"name":"debian-12"}]`:                "PLUGIN_DISTROS: found a mapping, wanted a list of strings",
		`PLUGIN_DISTROS=[["debian-12"]]`:                       "PLUGIN_DISTROS: found a list, wanted a list of strings",
		"PLUGIN_DISTROS=22.1":                                  `distros: "22.1" is a bare version: write the distro too, as "debian-22.1" or "ubuntu-22.1" (YAML reads a bare 22.10 as the number 22.1)`,
		"PLUGIN_IMAGES={debian-12: [a]}":                       "PLUGIN_IMAGES: debian-12: found a list, wanted a single value",
		"PLUGIN_IMAGES={debian-12: a":                          "PLUGIN_IMAGES: found something that is neither JSON nor YAML, wanted a mapping",
		"PLUGIN_IMAGES={a: b, a: c}":                           `PLUGIN_IMAGES: the key "a" is here a second time, first in line 1`,
		`PLUGIN_PACKAGES={"greeter": {`:                        `PLUGIN_PACKAGES: found something that is neither JSON nor YAML, wanted a mapping`,
		`PLUGIN_PACKAGES=[{"greeter": {}}]`:                    "PLUGIN_PACKAGES: found a mapping, wanted a list of strings",
		`PLUGIN_PACKAGES={"a":{"dep":"debian"}}`:               `PLUGIN_PACKAGES: a: unknown key "dep": did you mean "deb"?`,
		`PLUGIN_PACKAGES={"a":"debian"}`:                       `PLUGIN_PACKAGES: a: found "debian", wanted a mapping`,
		"PLUGIN_TEST=no":                                       `PLUGIN_TEST: found "no", wanted a mapping`,
		`PLUGIN_TEST={"skip":{"distro":"a"}}`:                  "PLUGIN_TEST: skip: found a mapping, wanted a list",
		"PLUGIN_DRY_RUN=perhaps":                               `PLUGIN_DRY_RUN: found "perhaps", wanted true or false`,
		"PLUGIN_PARALLEL=many":                                 `PLUGIN_PARALLEL: found "many", wanted a whole number, such as 4`,
		"PLUGIN_PARALLEL=-1":                                   `PLUGIN_PARALLEL: found "-1", wanted a whole number, such as 4`,
		"PLUGIN_CPUS=inf":                                      `PLUGIN_CPUS: found "inf", wanted a number, such as 1.5`,
		"PLUGIN_CPUS=NaN":                                      `PLUGIN_CPUS: found "NaN", wanted a number, such as 1.5`,
		"PLUGIN_MEMORY=2 parsecs":                              `PLUGIN_MEMORY: found "2 parsecs", wanted a size, such as 512m or 2g`,
		"PLUGIN_MEMORY=-1":                                     `PLUGIN_MEMORY: found "-1", wanted a size, such as 512m or 2g`,
		"PLUGIN_TIMEOUT=-1m":                                   `PLUGIN_TIMEOUT: found "-1m", wanted a duration above zero, such as 90s or 10m`,
		"PLUGIN_TIMEOUT=NaN":                                   `PLUGIN_TIMEOUT: found "NaN", wanted a duration above zero, such as 90s or 10m`,
		"PLUGIN_KEEP=true":                                     `PLUGIN_KEEP: found "true", wanted one of never, failed, always`,
		"PLUGIN_KEEP=faild":                                    `PLUGIN_KEEP: found "faild", wanted one of never, failed, always: did you mean "failed"?`,
		"PLUGIN_OUTPUT=/dist":                                  `output: found "/dist", wanted a directory inside the workspace, such as dist`,
		"PLUGIN_ENVIRONMENT=TOKEN=hunter2":                     "PLUGIN_ENVIRONMENT: found something else (not shown, it may be a secret), wanted a mapping: {NAME: value}",
		"PLUGIN_ENVIRONMENT={A-B: 1}":                          `environment: "A-B" is no name of a variable: letters, digits and _ only`,
		"PLUGIN_ENVIRONMENT_FROM=NOT_THERE":                    "environment_from: the variable NOT_THERE is not set for this step",
		`PLUGIN_PASSWORD={"from_secret":"x"}`:                  "PLUGIN_PASSWORD" + fromSecret,
		`PLUGIN_DISTROS={"from_secret": "x"}`:                  "PLUGIN_DISTROS" + fromSecret,
		`PLUGIN_IMAGES={"from_secret":"x"}`:                    "PLUGIN_IMAGES" + fromSecret,
		`PLUGIN_DISTROS=[{"from_secret":"x"}]`:                 "PLUGIN_DISTROS" + fromSecret,
		`PLUGIN_ENVIRONMENT={"TOKEN":{"from_secret":"x"}}`:     "PLUGIN_ENVIRONMENT: TOKEN" + fromSecret,
		`PLUGIN_PACKAGES={"a":{"deb":{"from_secret":"x"}}}`:    "PLUGIN_PACKAGES: a.deb" + fromSecret,
		`PLUGIN_PACKAGES={"a":{"needs":[{"from_secret":""}]}}`: "PLUGIN_PACKAGES: a.needs" + fromSecret,
	} {
		_, _, err := load("", variable)
		if d := cmp.Diff([]string{want}, problems(err)); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", variable, d)
		}
	}
}

func TestProblemsOfFileAndVariablesComeInOrder(t *testing.T) {
	_, _, err := load("kep: 1\noutput: ..\n", "PLUGIN_TIMEOUT=soon", "PLUGIN_CPUS=no", "PLUGIN_KEEP=faild")
	want := []string{
		`packages.yml:1:1: unknown key "kep": did you mean "keep"?`,
		`PLUGIN_CPUS: found "no", wanted a number, such as 1.5`,
		`PLUGIN_TIMEOUT: found "soon", wanted a duration above zero, such as 90s or 10m`,
		`PLUGIN_KEEP: found "faild", wanted one of never, failed, always: did you mean "failed"?`,
		`output: found "..", wanted a directory inside the workspace, such as dist`,
	}
	if d := cmp.Diff(want, problems(err)); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

func TestUnknownVariablesAreWarnedOf(t *testing.T) {
	for variable, want := range map[string][]string{
		"PLUGIN_DISTOS=a":               {"PLUGIN_DISTOS is no setting of ours: did you mean PLUGIN_DISTROS?"},
		"INPUT_FAIL-FASTER=a":           {"PLUGIN_FAIL_FASTER is no setting of ours: did you mean PLUGIN_FAIL_FAST?"},
		"PLUGIN_FOO=a":                  {"PLUGIN_FOO is no setting of ours"},
		"PLUGIN_TOKEN_OF_THE_REALM=a":   {"PLUGIN_TOKEN_OF_THE_REALM is no setting of ours"},
		"PLUGIN_FOO=":                   nil,
		"PLUGIN_DISTROS=debian-12":      nil,
		"PLUGIN_DISTRO=debian-12":       nil,
		"PLUGIN_METADATA_FILE=/tmp/m":   nil,
		"PLUGIN_ARTIFACT_FILE=/tmp/art": nil,
		"OTHER_DISTOS=a":                nil,
	} {
		_, warnings, err := load("", variable)
		if d := cmp.Diff(want, warnings); d != "" || err != nil {
			t.Errorf("%s: %v: want (-), got (+):\n%s", variable, err, d)
		}
	}
}

func TestEnvironmentOfBuilds(t *testing.T) {
	s := mustLoad(t, "environment: {LEVEL: 1, TOKEN: none}\nenvironment_from: [TOKEN, ABSENT_ON_FORKS]\n",
		"TOKEN=hunter2", "ABSENT_ON_FORKS=", "OTHER=x")
	want := map[string]string{"LEVEL": "1", "TOKEN": "hunter2", "ABSENT_ON_FORKS": ""}
	if d := cmp.Diff(want, s.BuildEnvironment); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

func TestSecretsAreKnown(t *testing.T) {
	s := mustLoad(t, "environment_from: [TOKEN, NONE]\npassword: from the file", "TOKEN=a", "NONE=", "PLUGIN_PASSWORD=b", "PLUGIN_CONFIG={}")
	if d := cmp.Diff([]string{"b", "{}", "a"}, s.Secrets()); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

// The library's "unknown anchor" would name what follows the star.
func TestNoProblemShowsASecret(t *testing.T) {
	const secret = "hunter2"
	for _, file := range []string{
		"password: [hunter2]", "password: {hunter2: hunter2}", "config: {auth: hunter2}", "password: *hunter2",
		"password: 'hunter2", "environment: TOKEN=hunter2", "environment: {TOKEN: [hunter2]}", "environment: [hunter2]",
		"environment: {TOKEN: *hunter2}", "environment: {[hunter2]: x}",
	} {
		if _, _, err := load(file); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, variable := range []string{
		"PLUGIN_ENVIRONMENT=TOKEN=hunter2", "PLUGIN_ENVIRONMENT=[hunter2]", "PLUGIN_ENVIRONMENT={TOKEN: hunter2",
		"PLUGIN_ENVIRONMENT={TOKEN: {x: hunter2}}", "PLUGIN_ENVIRONMENT={TOKEN: *hunter2}", `PLUGIN_PASSWORD={"from_secret":"hunter2"}`,
		"PLUGIN_PASSWORD=hunter2\x00",
	} {
		if _, _, err := load("", variable); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", variable, err)
		}
	}
}

func TestAnEnvironmentThatCannotBeIsTold(t *testing.T) {
	_, _, err := load("", "PLUGIN_KEEP=al\x00ways")
	if want := "read the settings: setenv: invalid argument"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
