package check

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestServeAnswersWithAFaultAndTheEnd(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"a question it does not know": {`{"question":"why","format":"deb"}`, `{"fault":"why: not a question this agent knows"}` + "\n" + `{"end":true}` + "\n"},
		"a format it does not know":   {`{"question":"tree","format":"nix"}`, `{"fault":"tree: packages of format \"nix\" are not known to this agent"}` + "\n" + `{"end":true}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Serve(t.Context(), strings.NewReader(c.in), &out); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestServeRefusesWhatIsNoRequest(t *testing.T) {
	err := Serve(t.Context(), strings.NewReader("hello"), &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "read the request: invalid character") {
		t.Errorf("got %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }

func TestServeTellsThatNobodyTakesItsAnswers(t *testing.T) {
	err := Serve(t.Context(), strings.NewReader(`{"question":"why"}`), broken{})
	if err == nil || err.Error() != "write an answer: pipe closed" {
		t.Errorf("got %v", err)
	}
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		in, want string
		is       error
		answers  int
	}{
		"reads until the end":            {in: `{"note":"a"}` + "\n" + `{"note":"b"}` + "\n" + `{"end":true}` + "\n", answers: 2},
		"an end without a newline is it": {in: `{"end":true}`},
		"misses the end":                 {in: `{"note":"a"}` + "\n", is: ErrNoEnd, want: "the agent stopped before its last answer (1 answers)", answers: 1},
		"misses it in an empty stream":   {in: "", is: ErrNoEnd, want: "the agent stopped before its last answer (0 answers)"},
		"tells the line that is none": {in: `{"note":"a"}` + "\nSegmentation fault\n", is: ErrNoAnswer,
			want: `line 2: no answer of an agent: "Segmentation fault"`, answers: 1},
		"refuses a line that was cut":         {in: `{"note":`, is: ErrNoAnswer, want: `line 1: no answer of an agent: "{\"note\":"`},
		"refuses an answer of another age":    {in: `{"new":1}` + "\n", is: ErrNoAnswer, want: `line 1: no answer of an agent: "{\"new\":1}"`},
		"refuses an answer that says nothing": {in: "{}\n", is: ErrNoAnswer, want: `line 1: no answer of an agent: "{}"`},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			err := Read(strings.NewReader(c.in), func(Answer) { n++ })
			if !errors.Is(err, c.is) || err != nil && err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if n != c.answers {
				t.Errorf("got %d answers, want %d", n, c.answers)
			}
		})
	}
}

func TestTheAgentLinksNoContainerClient(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		for _, client := range []string{"github.com/docker/", "github.com/moby/", "github.com/containerd/", "k8s.io/", "drone-packages/plugin/engine"} {
			if strings.Contains(dep, client) {
				t.Errorf("links %s", dep)
			}
		}
	}
}
