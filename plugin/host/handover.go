package host

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// mostSummary is how many bytes of a summary a host takes: of more it shows
// none.
const mostSummary = 1 << 20

// Gets is what the host gets of a run beside its log, in words.
func (h Host) Gets() []string {
	var all []string
	if h.dialect == actions {
		all = append(all, "annotations")
	}
	for _, of := range []struct{ file, what string }{{h.outputs, "outputs"}, {h.summary, "a summary"}, {h.card, "a card"}, {h.state, "a clean-up after the job"}} {
		if of.file != "" {
			all = append(all, of.what)
		}
	}
	return all
}

// HandOver gives the host the end of a run: annotations, outputs, the summary
// (Markdown) and, last of all that is written to the log, the card.
func (h Host) HandOver(l *Log, run result.Run, summary []byte) error {
	l.Annotate(Annotations(run)...)
	var errs []error
	if h.outputs != "" {
		text := lines(run)
		if h.dialect == actions {
			text = heredocs(run)
		}
		errs = append(errs, appendTo(h.outputs, []byte(text)))
	}
	if h.summary != "" {
		errs = append(errs, appendTo(h.summary, bounded(summary)))
	}
	errs = append(errs, l.Close())
	if h.card != "" {
		errs = append(errs, h.handCard(l, run))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("tell %s: %w", h.Name, err)
	}
	return nil
}

// Remember tells our own clean-up after the job, on hosts that have such, which
// run it was; an empty one, that there is nothing to do.
func (h Host) Remember(run string) error {
	if h.state == "" {
		return nil
	}
	return appendTo(h.state, []byte(heredoc(stateKey, run)))
}

// stateKey is what Remember's value is called; StateVariable, the variable in
// which it comes back.
const (
	stateKey      = "drone_packages_run"
	StateVariable = "STATE_" + stateKey
)

// handCard gives the card to Drone: through the log, or as a file.
func (h Host) handCard(l *Log, run result.Run) error {
	text, err := payload(run, h.Link)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(h.card, "/dev/") {
		return os.WriteFile(h.card, text, 0o644)
	}
	text, err = sequence(text)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err = l.w.Write(text)
	return err
}

// bounded is a summary that a host takes.
func bounded(summary []byte) []byte {
	const cut = "\n\n_Cut: the whole of it is in the output directory._\n"
	if len(summary) <= mostSummary {
		return summary
	}
	kept := strings.ToValidUTF8(string(summary[:mostSummary-len(cut)]), "")
	if end := strings.LastIndexByte(kept, '\n'); end > 0 {
		kept = kept[:end+1]
	}
	return []byte(kept + cut)
}

// appendTo writes behind what a file of the host's holds: others write to it
// too.
func appendTo(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
