package report

import "strings"

// markup is what means something within a line of Markdown, or is HTML.
var markup = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`, "$", `\$`, "#", `\#`,
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "\t", " ",
)

// inline is text within a line of Markdown, a cell of a table too, that shows
// as it is.
func inline(s string) string { return markup.Replace(printable(s)) }

// code is text to be copied. No table may hold it.
func code(s string) string {
	s = strings.ReplaceAll(printable(s), "\t", " ")
	fence := ticks(s, 1)
	if len(fence) > 1 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

// fenced is a block of lines as they are.
func fenced(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	text := strings.Join(lines, "\n")
	fence := ticks(text, 3)
	return "\n" + fence + "text\n" + text + "\n" + fence + "\n"
}

// ticks is more backticks in a row than there are in a text.
func ticks(text string, least int) string {
	fence := strings.Repeat("`", least)
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}
