package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

// What CI hosts make of services, and what people write by hand.
func TestServicesDecode(t *testing.T) {
	named := func(all map[string]settings.Service) settings.Services { return settings.Services{Named: all} }
	one := named(map[string]settings.Service{"postgres": {}, "redis": {Image: "redis:8", Port: 6380}})
	for text, want := range map[string]settings.Services{
		`{"postgres":{},"redis":{"image":"redis:8","port":6380}}`:        one,
		`{"postgres":null,"redis":{"image":"redis:8","port":"6380"}}`:    one,
		"{postgres: {}, redis: {image: redis:8, port: 6380}}":            one,
		"{postgres: , redis: {image: redis:8, port: 6380, ready: null}}": one,
		"\npostgres:\nredis:\n  image: redis:8\n  port: 6380\n":          one,
		"{}": named(map[string]settings.Service{}),
	} {
		for form, got := range map[string]settings.Services{
			"PLUGIN_SERVICES": mustLoad(t, "", "PLUGIN_SERVICES="+text).Services,
			"INPUT_SERVICES":  mustLoad(t, "", "INPUT_SERVICES="+text).Services,
			"packages.yml":    mustLoad(t, "services:\n  "+strings.ReplaceAll(text, "\n", "\n  ")).Services,
		} {
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s %s: want (-), got (+):\n%s", form, text, d)
			}
		}
	}
}

func TestServicesOfAVariableReplaceThoseOfTheFile(t *testing.T) {
	got := mustLoad(t, "services: {postgres: {}}", "PLUGIN_SERVICES={redis: {}}").Services
	if d := cmp.Diff(settings.Services{Named: map[string]settings.Service{"redis": {}}}, got); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

// Words are arguments: an empty one and the space around one are meant.
func TestCommandsOfServicesDecode(t *testing.T) {
	for text, want := range map[string]settings.Words{
		"[serve, '', ' a b ', 8080, true]": {"serve", "", " a b ", "8080", "true"},
		`"serve --as 'the store' \"\""`:    {"serve", "--as", "the store", ""},
		"serve $HOME `id` $(id)":           {"serve", "$HOME", "`id`", "$(id)"},
		"[]":                               {},
		"":                                 nil,
		"8080":                             {"8080"},
	} {
		s := mustLoad(t, "services: {a: {command: "+text+", entrypoint: "+text+"}}").Services.Named["a"]
		if d := cmp.Diff([]settings.Words{want, want}, []settings.Words{s.Command, s.Entrypoint}); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", text, d)
		}
	}
}

// A string is a script for a shell, whatever is in it; a list needs none.
func TestReadinessDecodes(t *testing.T) {
	text := `services: {a: {ready: {command: "a 'b | c", interval: 200ms, deadline: 90}}, b: {ready: {command: [a, "", b], health: true}}, c: {ready: {command: " "}}}`
	got := mustLoad(t, text).Services.Named
	want := map[string]settings.Service{
		"a": {Ready: settings.Ready{
			Command:  settings.Script{"sh", "-c", "a 'b | c"},
			Interval: settings.Duration(200 * time.Millisecond), Deadline: settings.Duration(90 * time.Second),
		}},
		"b": {Ready: settings.Ready{Command: settings.Script{"a", "", "b"}, Health: true}},
		"c": {},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
	for script, words := range map[string]settings.Script{"a 'b | c": got["a"].Ready.Command, "a  b": got["b"].Ready.Command} {
		if words.String() != script {
			t.Errorf("%q is told as %q", []string(words), words)
		}
	}
}

func TestServicesTakeVariablesOfTheStep(t *testing.T) {
	s := mustLoad(t, "services: {db: {environment: {LEVEL: 1, TOKEN: none}, environment_from: [TOKEN, EMPTY]}, other: {}}",
		"TOKEN=hunter2", "EMPTY=", "REST=x")
	want := settings.Variables{"LEVEL": "1", "TOKEN": "hunter2", "EMPTY": ""}
	if d := cmp.Diff(want, s.Services.Named["db"].Environment); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
	if d := cmp.Diff([]string{"hunter2"}, s.Secrets()); d != "" {
		t.Errorf("secrets: want (-), got (+):\n%s", d)
	}
}

func TestServicesAreReadFromAnyYAML(t *testing.T) {
	got, errs := settings.ParseServices("known.yml", []byte("redis: {image: redis:8}\n"))
	if d := cmp.Diff(map[string]settings.Service{"redis": {Image: "redis:8"}}, got); d != "" || errs != nil {
		t.Errorf("%v: want (-), got (+):\n%s", errs, d)
	}
	_, errs = settings.ParseServices("known.yml", []byte("redis: {imag: redis:8}\n"))
	if len(errs) != 1 || errs[0].Error() != `known.yml:1:9: redis: unknown key "imag": did you mean "image"?` {
		t.Errorf("got %v", errs)
	}
}
