package settings_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

func TestDefinitions(t *testing.T) {
	workspace := fstest.MapFS{
		"packages.yml": {Data: []byte("define:\n  mylinux-9: {family: debian, image: \"mylinux:9\", end_of_life: 2030-06-30, recipes: {toolchain: echo}}\n  acme: ci/acme.yml\n")},
		"ci/acme.yml":  {Data: []byte("family: rhel\nimage: acme:1\naliases: [acme-1]\n")},
	}
	s, _, err := settings.Load(nil, workspace)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]settings.Definition{
		"mylinux-9": {Family: "debian", Image: "mylinux:9", EndOfLife: "2030-06-30", Recipes: settings.Variables{"toolchain": "echo"}},
		"acme":      {Family: "rhel", Image: "acme:1", Aliases: settings.List{"acme-1"}, File: "ci/acme.yml"},
	}
	if d := cmp.Diff(want, s.Define); d != "" {
		t.Error(d)
	}
	if end := s.Define["mylinux-9"].Ends(); !end.Equal(time.Date(2030, 6, 30, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("ends %s", end)
	}
	if end := s.Define["acme"].Ends(); !end.IsZero() {
		t.Errorf("acme ends %s", end)
	}
}

func TestDefinitionsInAVariable(t *testing.T) {
	s, _, err := settings.Load([]string{`PLUGIN_DEFINE={"mylinux-9": {"family": "debian", "image": "mylinux:9"}}`}, fstest.MapFS{})
	if err != nil || s.Define["mylinux-9"].Image != "mylinux:9" {
		t.Errorf("%+v, %v", s.Define, err)
	}
}

func TestBadDefinitions(t *testing.T) {
	workspace := fstest.MapFS{
		"packages.yml": {Data: []byte("define:\n  a: {famly: debian}\n  b: {end_of_life: soon}\n  c: nowhere.yml\n  d: ci/d.yml\n  e: [x]\n")},
		"ci/d.yml":     {Data: []byte("family: debian\nimge: x\n")},
	}
	_, _, err := settings.Load(nil, workspace)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`packages.yml:2:7: define.a: unknown key "famly": did you mean "family"?`,
		`packages.yml:3:20: define.b.end_of_life: found "soon", wanted a day, such as 2030-06-30`,
		"define.c: open nowhere.yml: file does not exist: wanted a file of the workspace, or a mapping",
		`ci/d.yml:2:1: unknown key "imge": did you mean "image"?`,
		"packages.yml:6:6: define.e: found a list, wanted a mapping",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nis not in\n%v", want, err)
		}
	}
}

func TestDefinitionsThatAreNoMapping(t *testing.T) {
	_, _, err := settings.Load([]string{"PLUGIN_DEFINE=mylinux-9"}, fstest.MapFS{})
	if want := "a mapping of names: {mylinux-9: {family: debian, image: mylinux:9}}"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestPlatforms(t *testing.T) {
	s, _, err := settings.Load([]string{"PLUGIN_PLATFORM=linux/amd64,linux/arm/v7"}, fstest.MapFS{})
	if err != nil || len(s.Platforms) != 2 {
		t.Errorf("%v, %v", s.Platforms, err)
	}
	_, _, err = settings.Load([]string{"PLUGIN_PLATFORMS=linux/amd64,arm64"}, fstest.MapFS{})
	if want := `PLUGIN_PLATFORMS: found "arm64", wanted a platform, such as linux/arm64`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
