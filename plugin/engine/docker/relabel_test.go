package docker

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// saved is an archive as docker save writes it: pairs of names and contents.
func saved(t *testing.T, files ...string) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o644, Size: int64(len(files[i+1])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestChangeArch(t *testing.T) {
	const id = "ab12.json"
	var out bytes.Buffer
	err := changeArch(&out, saved(t,
		"cd34/json", `{"architecture":"amd64"}`, "cd34/layer.tar", "layer",
		id, `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers"},"config":{"Labels":{"a":"b"}}}`,
		"manifest.json", `[{"Config":"ab12.json"}]`), "linux/arm/v7")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for r := tar.NewReader(&out); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got[h.Name] = string(text)
	}
	var config map[string]any
	if err := json.Unmarshal([]byte(got[id]), &config); err != nil {
		t.Fatal(err)
	}
	delete(got, id)
	if d := cmp.Diff(map[string]any{
		"architecture": "arm", "variant": "v7", "os": "linux",
		"rootfs": map[string]any{"type": "layers"}, "config": map[string]any{"Labels": map[string]any{"a": "b"}},
	}, config); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"cd34/json": `{"architecture":"amd64"}`, "cd34/layer.tar": "layer", "manifest.json": `[{"Config":"ab12.json"}]`}, got); d != "" {
		t.Errorf("something else changed: %s", d)
	}
}

func TestChangeArchOfWhatIsNoArchive(t *testing.T) {
	if err := changeArch(io.Discard, bytes.NewReader(bytes.Repeat([]byte("x"), 1024)), "linux/arm64"); err == nil {
		t.Error("no error")
	}
	if err := changeArch(io.Discard, saved(t, "ab12.json", "{"), "linux/arm64"); err == nil {
		t.Error("a broken configuration is no error")
	}
}
