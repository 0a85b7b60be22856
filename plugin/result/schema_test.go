package result_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/drone-packages/drone-packages/plugin/result"
)

var update = flag.Bool("update", false, "write docs/results.schema.json anew")

const schemaFile = "../../docs/results.schema.json"

// schema is made of the types and their comments. Fields that it does not
// know are allowed: they are added within a version.
func schema(t *testing.T) []byte {
	t.Helper()
	r := jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: true, Mapper: own}
	if err := r.AddGoComments("github.com/drone-packages/drone-packages/plugin/result", ".", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(result.Run{})
	if version, ok := s.Definitions["Run"].Properties.Get("schema"); ok {
		version.Const = result.Schema
	}
	s.Title = "results.json of drone-packages"
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// own are the types whose values are narrower than their kind.
func own(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[result.Outcome]():
		return &jsonschema.Schema{Type: "string", Enum: []any{
			result.Passed, result.Failed, result.Skipped, result.Cancelled, result.Fault,
		}}
	case reflect.TypeFor[result.Seconds]():
		return &jsonschema.Schema{Type: "number", Minimum: "0"}
	}
	return nil
}

func TestSchemaIsWhatTheTypesSay(t *testing.T) {
	if *update {
		if err := os.WriteFile(schemaFile, schema(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(published), string(schema(t))); d != "" {
		t.Errorf("docs/results.schema.json is not what the types say, run make generate:\n%s", d)
	}
}

func TestEveryTypeIsDescribedInTheSchema(t *testing.T) {
	var s jsonschema.Schema
	if err := json.Unmarshal(schema(t), &s); err != nil {
		t.Fatal(err)
	}
	for name, d := range s.Definitions {
		if d.Description == "" {
			t.Errorf("%s has no description", name)
		}
	}
}

// validate says what is wrong with a results.json.
func validate(t *testing.T, text []byte) error {
	t.Helper()
	published, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validator.UnmarshalJSON(bytes.NewReader(published))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("results.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("results.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	instance, err := validator.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(instance)
}

func TestResultsHoldTheirSchema(t *testing.T) {
	for name, run := range map[string]result.Run{
		"full":         full(),
		"nothing done": {Schema: result.Schema, Outcome: result.Skipped, Reason: "nothing to do"},
	} {
		if err := validate(t, written(t, run)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaAllowsFieldsOfLaterVersions(t *testing.T) {
	text := strings.Replace(string(written(t, full())), `{`, `{"later": 1,`, 1)
	if err := validate(t, []byte(text)); err != nil {
		t.Error(err)
	}
}

func TestSchemaRefusesWrongResults(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"another schema":        {`"schema": 1`, `"schema": 2`, "'/schema'"},
		"no such outcome":       {`"outcome": "fault"`, `"outcome": "broken"`, "'/jobs/2/outcome'"},
		"no outcome":            {`"outcome": "fault",`, ``, "missing property 'outcome'"},
		"seconds in words":      {`"duration": 167.25`, `"duration": "2:47"`, "'/duration'"},
		"time that went back":   {`"duration": 91`, `"duration": -1`, "'/jobs/1/duration'"},
		"a moment in words":     {`"2026-03-04T05:06:07Z"`, `"yesterday"`, "'/started'"},
		"no digest":             {`"sha256": "0a`, `"sha256": "`, "'/packages/0/sha256'"},
		"jobs that are no list": {`"jobs": [`, `"jobs": null, "_": [`, "'/jobs'"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(string(written(t, full())), c.old, c.new, 1)
			err := validate(t, []byte(text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}
