package settings_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

const schemaFile = "../../docs/packages.schema.json"

// object is a JSON object.
type object = map[string]any

// schemaOf is the schema of one of our types: what the decoder takes. It is
// written by hand, since a setting may have several JSON types.
func schemaOf(of reflect.Type, docs map[string]string) object {
	scalar := []string{"string", "number", "boolean", "null"}
	switch of {
	case reflect.TypeFor[settings.List](), reflect.TypeFor[settings.Commands]():
		return object{"type": append(scalar, "array"), "items": object{"type": scalar}}
	case reflect.TypeFor[settings.Map]():
		return object{"type": append(scalar, "object"), "additionalProperties": object{"type": scalar}}
	case reflect.TypeFor[settings.Variables]():
		return object{"type": []string{"object", "null"}, "additionalProperties": object{"type": scalar}}
	case reflect.TypeFor[settings.Services]():
		return object{
			"type": []string{"object", "string", "null"}, "propertyNames": object{"pattern": labelPattern, "maxLength": 63},
			"additionalProperties": schemaOf(reflect.TypeFor[settings.Service](), docs),
		}
	case reflect.TypeFor[settings.Checks]():
		return object{"type": []string{"object", "array", "string", "null"}}
	case reflect.TypeFor[map[string]settings.Checks](), reflect.TypeFor[map[string]settings.File]():
		return object{"type": []string{"object", "null"}, "additionalProperties": schemaOf(of.Elem(), docs)}
	case reflect.TypeFor[settings.Words](), reflect.TypeFor[settings.Script](), reflect.TypeFor[settings.Origins]():
		return object{"type": append(scalar, "array"), "items": object{"type": scalar}}
	case reflect.TypeFor[map[string]settings.Package]():
		return object{"type": append(scalar, "array", "object"), "items": object{"type": scalar}, "additionalProperties": schemaOf(of.Elem(), docs)}
	case reflect.TypeFor[map[string]settings.Definition]():
		d := schemaOf(of.Elem(), docs)
		d["type"] = []string{"object", "string"}
		return object{"type": []string{"object", "null"}, "additionalProperties": d}
	case reflect.TypeFor[map[string]settings.List]():
		return object{"type": []string{"object", "null"}, "additionalProperties": schemaOf(of.Elem(), docs)}
	case reflect.TypeFor[map[string]settings.Expected](), reflect.TypeFor[map[string]map[string]settings.Expected]():
		return object{"type": []string{"object", "null"}, "additionalProperties": schemaOf(of.Elem(), docs)}
	case reflect.TypeFor[settings.Bool]():
		return object{"type": []string{"boolean", "integer", "string", "null"}, "minimum": 0, "maximum": 1, "pattern": boolWords()}
	case reflect.TypeFor[settings.Int]():
		return object{"type": []string{"integer", "string", "null"}, "minimum": 0, "pattern": `^\s*\d+\s*$`}
	case reflect.TypeFor[settings.Float]():
		return object{"type": []string{"number", "string", "null"}, "minimum": 0, "pattern": `^\s*(\d+\.?\d*|\.\d+)\s*$`}
	case reflect.TypeFor[settings.Size]():
		return object{"type": []string{"number", "string", "null"}, "minimum": 0, "pattern": `^\s*\d+(\.\d+)? ?([kKmMgGtTpP]([iI]?[bB])?|[bB])?\s*$`}
	case reflect.TypeFor[settings.Duration]():
		return object{"type": []string{"number", "string", "null"}, "exclusiveMinimum": 0, "pattern": `^\s*(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|$))+\s*$`}
	case reflect.TypeFor[string]():
		return object{"type": scalar}
	}
	properties := object{}
	for i := range of.NumField() {
		if f := of.Field(i); f.Tag.Get("yaml") != "-" && f.Tag.Get("from") != "environment" {
			properties[f.Tag.Get("yaml")] = property(f, of.Name(), docs)
		}
	}
	types := []string{"object", "null"}
	if of == reflect.TypeFor[settings.File]() {
		types = scalar[:3] // a text is its content
		types = append(types, "object", "null")
	}
	return object{"type": types, "properties": properties, "additionalProperties": false}
}

// property is the schema of a field: its type's, with its comment and tags.
func property(f reflect.StructField, of string, docs map[string]string) object {
	p := schemaOf(f.Type, docs)
	key := f.Tag.Get("yaml")
	p["description"] = strings.Join(paragraphsOf(docs[of+"."+f.Name], f.Name, key), "\n\n")
	if choices := f.Tag.Get("enum"); choices != "" {
		all := []any{nil}
		for choice := range strings.SplitSeq(choices, ",") {
			all = append(all, choice)
			if choice == "true" || choice == "false" { // as YAML reads it
				all = append(all, choice == "true")
			}
		}
		p["enum"] = all
	}
	if fallback := f.Tag.Get("default"); fallback != "" {
		p["default"] = defaultOf(f.Type, fallback)
	}
	if of+"."+f.Name == "Settings.Environment" {
		p["propertyNames"] = object{"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
	}
	shape(p, f.Tag.Get("form"))
	return p
}

const labelPattern = "^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$"

// shape adds what a form says of a text, as far as a schema can.
func shape(p object, form string) {
	switch form {
	case "port":
		p["minimum"], p["maximum"] = 1, 65535
	case "path":
		p["type"], p["propertyNames"] = []string{"object", "null"}, object{"pattern": "^/."}
	case "address":
		p["pattern"] = `^\s*\d{1,5}(/\S*)?\s*$`
	case "host":
		const pattern = `^\s*[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\s*$`
		if items, ok := p["items"].(object); ok {
			items["pattern"] = pattern
			return
		}
		p["pattern"] = pattern
	}
}

// defaultOf is a default as YAML would have it.
func defaultOf(of reflect.Type, text string) any {
	var value any = text
	if of.Kind() != reflect.String {
		if err := yaml.Load([]byte(text), &value); err != nil {
			return text
		}
	}
	return value
}

// boolWords is the pattern of what a bool may be.
func boolWords() string {
	var spellings []string
	for word := range strings.FieldsSeq("true yes on t y 1 false no off f n 0") {
		spellings = append(spellings, word, strings.ToUpper(word), strings.ToUpper(word[:1])+word[1:])
	}
	slices.Sort(spellings)
	return `^\s*(` + strings.Join(slices.Compact(spellings), "|") + `)\s*$`
}

func TestSchemaIsFresh(t *testing.T) {
	docs := comments(t)
	schema := schemaOf(reflect.TypeFor[settings.Settings](), docs)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "packages.yml of drone-packages"
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(schema); err != nil {
		t.Fatal(err)
	}
	fresh(t, schemaFile, b.String())
}

// compiled is the published schema.
func compiled(t *testing.T) *validator.Schema {
	t.Helper()
	schema, err := validator.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validate reads YAML as an editor does.
func validate(schema *validator.Schema, text string) error {
	var documents []any
	if err := yaml.Load([]byte(text), &documents, yaml.WithAllDocuments()); err != nil {
		return err
	}
	asJSON, err := json.Marshal(append(documents, nil)[0])
	if err != nil {
		return err
	}
	instance, err := validator.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return schema.Validate(instance)
}

func TestSchemaAndDecoderTakeTheSameFiles(t *testing.T) {
	schema := compiled(t)
	for _, e := range append(examples(t, "testdata/good/*.yml"), examples(t, "../../examples/*.yml")...) {
		if err := validate(schema, e.text); err != nil {
			t.Errorf("%s loads, but the schema says %v", e.file, err)
		}
	}
	for _, e := range examples(t, "testdata/bad/*.yml") {
		if err := validate(schema, e.text); err == nil {
			t.Errorf("%s does not load, but the schema takes it", e.file)
		}
	}
	// No schema sees what these are made for.
	var refused *validator.ValidationError
	for _, e := range examples(t, "testdata/unsound/*.yml") {
		if err := validate(schema, e.text); errors.As(err, &refused) {
			t.Errorf("%s belongs to testdata/bad: the schema says %v", e.file, err)
		}
	}
}
