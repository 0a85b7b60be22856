package check

import (
	"maps"
	"regexp"
	"strings"
)

// shellReader splits a script into commands. It is no shell: it knows quotes,
// comments, here-documents and what stands between two commands.
type shellReader struct {
	text     string
	commands [][]string
	words    []string
	word     strings.Builder
	// inWord: a word has begun, be it an empty one in quotes.
	inWord bool
	// documents are the ends of here-documents that begin at the next line.
	documents []string
}

// readShell returns the commands of a script as words without their quotes.
// Keywords such as then are words of the command that they stand before.
func readShell(script string) [][]string {
	r := &shellReader{text: script}
	for len(r.text) > 0 {
		r.step()
	}
	r.endCommand()
	return r.commands
}

func (r *shellReader) step() {
	c := r.text[0]
	switch {
	case strings.HasPrefix(r.text, "\\\n"):
		r.text = r.text[2:]
		return
	case c == '\\' && len(r.text) > 1:
		r.add(r.text[1:2])
		r.text = r.text[2:]
		return
	case c == '\'' || c == '"':
		r.quoted(c)
		return
	case c == '#' && !r.inWord:
		_, r.text, _ = strings.Cut(r.text, "\n")
		r.text = "\n" + r.text
		return
	case strings.HasPrefix(r.text, "<<<"):
		r.add("<<<")
		r.text = r.text[3:]
		return
	case strings.HasPrefix(r.text, "<<"):
		r.document()
		return
	}
	r.text = r.text[1:]
	switch {
	case c == '\n':
		r.endCommand()
		r.skipDocuments()
	case strings.IndexByte(";&|()", c) >= 0:
		r.endCommand()
	case c == ' ' || c == '\t':
		r.endWord()
	default:
		r.add(string(c))
	}
}

func (r *shellReader) add(s string) {
	r.word.WriteString(s)
	r.inWord = true
}

// quoted takes all up to the closing quote as part of the word.
func (r *shellReader) quoted(quote byte) {
	end := 1
	for end < len(r.text) && r.text[end] != quote {
		if quote == '"' && r.text[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(r.text))
	inside := r.text[1:end]
	if quote == '"' {
		inside = strings.NewReplacer("\\\n", "", `\"`, `"`, `\\`, `\`).Replace(inside)
	}
	r.add(inside)
	r.text = r.text[min(end+1, len(r.text)):]
}

var documentStart = regexp.MustCompile(`^<<-?[ \t]*["'\\]?([A-Za-z0-9_.!-]+)["']?`)

func (r *shellReader) document() {
	m := documentStart.FindStringSubmatch(r.text)
	if m == nil {
		r.text = r.text[2:]
		return
	}
	r.documents = append(r.documents, m[1])
	r.text = r.text[len(m[0]):]
}

// skipDocuments passes over the lines of here-documents.
func (r *shellReader) skipDocuments() {
	for _, end := range r.documents {
		for len(r.text) > 0 {
			var line string
			line, r.text, _ = strings.Cut(r.text, "\n")
			if strings.TrimLeft(line, "\t") == end {
				break
			}
		}
	}
	r.documents = nil
}

func (r *shellReader) endWord() {
	if r.inWord {
		r.words = append(r.words, r.word.String())
	}
	r.word.Reset()
	r.inWord = false
}

func (r *shellReader) endCommand() {
	r.endWord()
	if len(r.words) > 0 {
		r.commands = append(r.commands, r.words)
	}
	r.words = nil
}

var (
	assignment = regexp.MustCompile(`^([A-Za-z_]\w*)=(.*)$`)
	expansion  = regexp.MustCompile(`\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})`)
)

// computed says whether a word is not known before the script runs.
func computed(word string) bool { return strings.ContainsAny(word, "$`*?[") }

// expandShell puts the values of variables in place of them, as far as the
// script gives each one value and the same wherever it does.
func expandShell(commands [][]string) [][]string {
	values := map[string]string{}
	for _, words := range commands {
		m := assignment.FindStringSubmatch(words[0])
		if m == nil || len(words) > 1 {
			continue
		}
		if old, known := values[m[1]]; computed(m[2]) || known && old != m[2] {
			m[2] = "$" // of no use
		}
		values[m[1]] = m[2]
	}
	maps.DeleteFunc(values, func(_, value string) bool { return value == "$" })
	var expanded [][]string
	for _, words := range commands {
		var all []string
		for _, w := range words {
			all = append(all, expansion.ReplaceAllStringFunc(w, func(s string) string {
				if value, known := values[strings.Trim(s, "${}")]; known {
					return value
				}
				return s
			}))
		}
		expanded = append(expanded, all)
	}
	return expanded
}
