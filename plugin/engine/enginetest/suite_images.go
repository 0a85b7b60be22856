package enginetest

import (
	"archive/tar"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drone-packages/drone-packages/plugin/engine"
)

const (
	scriptMark   = "echo marked >/mark"
	scriptMarked = "cat /mark"
	// odd is a label's value that has to stay as it is.
	odd = `a "b" $HOME \n 'c'`
	// labelSuite is what the suite finds its images by.
	labelSuite = "io.drone-packages.suite"
)

// ref is a fresh reference, whose image is removed in the end.
func (s *suite) ref(t *testing.T) string {
	t.Helper()
	ref := "drone-packages/" + newRun() + ":1"
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := s.e.Remove(ctx, ref); err != nil {
			t.Errorf("remove in the end: %v", err)
		}
	})
	return ref
}

func (s *suite) importOne(t *testing.T, labels map[string]string) engine.Image {
	t.Helper()
	rootfs := archive(tar.Header{Name: newRun(), Typeflag: tar.TypeReg, Mode: 0o644})
	i, err := s.e.Import(t.Context(), s.ref(t), s.host.Platform, labels, rootfs)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func askImport(t *testing.T, s *suite) {
	labels := map[string]string{labelSuite: newRun(), engine.LabelImage: "base", "odd": odd}
	i := s.importOne(t, labels)
	if i.ID == "" || len(i.Refs) != 1 || i.Platform != s.host.Platform || !maps.Equal(i.Labels, labels) {
		t.Errorf("got %+v", i)
	}
	if _, err := s.e.Import(t.Context(), s.ref(t), s.host.Platform, nil, strings.NewReader(strings.Repeat("x", 2048))); err == nil {
		t.Error("what is no tar stream is imported")
	}
	const other = "linux/s390x"
	ref := s.ref(t)
	rootfs := archive(tar.Header{Name: newRun(), Typeflag: tar.TypeReg, Mode: 0o644})
	foreign, err := s.e.Import(t.Context(), ref, other, labels, rootfs)
	if err != nil || foreign.Platform != other || !slices.Equal(foreign.Refs, []string{ref}) || !maps.Equal(foreign.Labels, labels) {
		t.Errorf("for another platform: %+v, %v", foreign, err)
	}
}

func askCommit(t *testing.T, s *suite) {
	g := s.setup(t, map[string]string{engine.LabelOwner: "gone", engine.LabelKeep: "1"})
	spec := s.idle("machine")
	spec.Env = map[string]string{"A": "secret"}
	id := s.start(t, g, spec)
	s.sh(t, id, scriptMark)
	labels := map[string]string{labelSuite: newRun(), engine.LabelImage: "machine", "odd": odd}
	i, err := s.e.Commit(t.Context(), id, s.ref(t), labels)
	if err != nil {
		t.Fatal(err)
	}
	if i.ID == "" || i.Platform != s.host.Platform || !carries(i.Labels, labels) {
		t.Errorf("got %+v", i)
	}
	for _, name := range []string{engine.LabelRun, engine.LabelGroup, engine.LabelExpires, engine.LabelOwner, engine.LabelKeep} {
		if value, ok := i.Labels[name]; ok {
			t.Errorf("the image has the group's label %s=%s", name, value)
		}
	}
	other := s.setup(t, nil)
	spec = s.idle("machine")
	spec.Image = i.ID
	made := s.start(t, other, spec)
	if got := s.sh(t, made, scriptMarked); got != "marked\n" {
		t.Errorf("the file: %q", got)
	}
	if got := s.sh(t, made, scriptUnset); got != "unset\n" {
		t.Errorf("the variable of the container it was made of: %q", got)
	}
	if kept, err := s.e.Kept(t.Context(), map[string]string{engine.LabelRun: other.Labels[engine.LabelRun]}); err != nil || len(kept) > 0 {
		t.Errorf("kept by a label of the image: %v, %v", kept, err)
	}
}

func askFind(t *testing.T, s *suite) {
	labels := map[string]string{labelSuite: newRun()}
	older := s.importOne(t, map[string]string{labelSuite: labels[labelSuite], "n": "1"})
	// Some hosts know the time of making only by the second.
	Eventually(t, "a second of difference", func() bool { return time.Since(older.Created) > time.Second })
	newer := s.importOne(t, map[string]string{labelSuite: labels[labelSuite], "n": "2"})
	for _, tt := range []struct {
		name, ref string
		labels    map[string]string
		want      []string
	}{
		{"all, newest first", "", labels, []string{newer.ID, older.ID}},
		{"by two labels", "", map[string]string{labelSuite: labels[labelSuite], "n": "1"}, []string{older.ID}},
		{"by reference", older.Refs[0], nil, []string{older.ID}},
		{"by id", newer.ID, nil, []string{newer.ID}},
		{"by reference and label", older.Refs[0], labels, []string{older.ID}},
		{"by reference and another's label", older.Refs[0], map[string]string{"n": "2"}, nil},
		{"none by label", "", map[string]string{labelSuite: "none"}, nil},
		{"none by reference", "drone-packages.invalid/none:1", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := s.e.Find(t.Context(), tt.ref, tt.labels)
			var ids []string
			for _, i := range found {
				ids = append(ids, i.ID)
			}
			if err != nil || !slices.Equal(ids, tt.want) {
				t.Errorf("got %q, %v, want %q", ids, err, tt.want)
			}
		})
	}
}

func askRemove(t *testing.T, s *suite) {
	byRef, byID := s.importOne(t, nil), s.importOne(t, nil)
	for _, image := range []string{byRef.Refs[0], byID.ID, "drone-packages.invalid/none:1"} {
		for range 2 {
			if err := s.e.Remove(t.Context(), image); err != nil {
				t.Errorf("remove %s: %v", image, err)
			}
		}
		if found, err := s.e.Find(t.Context(), image, nil); err != nil || len(found) > 0 {
			t.Errorf("%s: %v, %v", image, found, err)
		}
	}
}
