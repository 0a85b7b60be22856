package check

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// kind reads all tests of a kind.
func (p *parser) kind(e pair) []Test {
	k := kindOf(e.key.Value)
	if why := foreign[e.key.Value]; k == nil && why != "" {
		p.fail(e.key, "", "%s", why)
		return nil
	}
	if k == nil {
		p.fail(e.key, "", "unknown kind %s%s", quote(e.key.Value), didYouMean(e.key.Value, kindNames()))
		return nil
	}
	var tests []Test
	for _, one := range p.pairs(e.value, k.name) {
		tests = append(tests, p.test(k, one))
	}
	return tests
}

// test reads one test, first how to ask and then what, in the order of the
// table.
func (p *parser) test(k *kind, e pair) Test {
	t := Test{Kind: k.name, Name: e.key.Value, Place: p.place(e.key), Timeout: k.timeout, Options: map[string]any{}}
	at := k.name + " " + clip(withoutPassword(t.Name), shownText)
	before := len(p.wrong)
	written := p.attributes(k, e.value, at)
	for _, a := range slices.Concat(commonAttributes, k.options(), k.asks()) {
		value, there := written[a.name]
		switch {
		case !there && (a.use == gate || a.use == needed):
			p.fail(e.key, at, "%s is missing (%s)", a.name, a.value)
		case !there:
		case a.use == given:
			p.option(&t, a, value, at+": "+a.name)
		default:
			p.ask(&t, a, value, at+": "+a.name)
		}
	}
	if k.subject != "" && t.text(k.subject) == "" {
		t.Options[k.subject] = t.Name
	}
	p.complete(k, t, e.key, at, before)
	if len(t.Options) == 0 {
		t.Options = nil // as JSON brings it back
	}
	return t
}

// attributes are those written, by name; null is not written.
func (p *parser) attributes(k *kind, n *yaml.Node, at string) map[string]*yaml.Node {
	written := map[string]*yaml.Node{}
	for _, e := range p.pairs(n, at) {
		if !slices.Contains(k.words(), e.key.Value) {
			p.fail(e.key, at, "unknown attribute %s%s", quote(e.key.Value), didYouMean(e.key.Value, k.words()))
			continue
		}
		if !isNull(e.value) {
			written[e.key.Value] = e.value
		}
	}
	return written
}

// complete looks at a test as a whole, unless parts of it are wrong.
func (p *parser) complete(k *kind, t Test, key *yaml.Node, at string, before int) {
	if len(p.wrong) > before {
		return
	}
	if len(t.Asks) == 0 {
		p.fail(key, at, "asks nothing: wanted one of %s", strings.Join(names(k.asks()), ", "))
		return
	}
	if k.refuse == nil {
		return
	}
	if err := k.refuse(t); err != nil {
		p.fail(key, at, "%w", err)
	}
}

// ask reads what is wanted of an attribute. An empty list of patterns wants
// nothing.
func (p *parser) ask(t *Test, a attribute, n *yaml.Node, at string) {
	v := a.value
	if v == readingValue {
		v = anyValue
		if t.flag("as-reader") {
			v = contentValue
		}
	}
	if v == contentValue && n.Kind == yaml.SequenceNode && len(n.Content) == 0 && a.use == asked {
		return
	}
	t.Asks = append(t.Asks, Ask{Attribute: a.name, Want: p.matcher(n, at, v, 0)})
}

// option reads what says how to ask.
func (p *parser) option(t *Test, a attribute, n *yaml.Node, at string) {
	switch a.name {
	case "title":
		t.Title = p.text(n, at)
	case "meta":
	case "skip":
		t.Skip = p.skip(n, at)
	case "retry":
		t.Retry = p.retry(n, at, t.Retry)
	case "retry_count":
		t.Retry.Count = p.whole(n, at)
	case "retry_delay":
		t.Retry.Delay = p.span(n, at)
	case "timeout":
		t.Timeout = cmp.Or(p.span(n, at), t.Timeout)
	case "when":
		t.When = p.when(n, at)
	case "services":
		t.Services = p.texts(n, at)
	default:
		t.Options[a.name] = p.optionValue(a.value, n, at)
	}
}

func (p *parser) optionValue(v valueKind, n *yaml.Node, at string) any {
	switch v {
	case truthValue:
		on, ok := truthOf(n)
		if !ok {
			p.found(n, at, "true or false")
		}
		return on
	case listValue:
		return plain(p.texts(n, at))
	case anyValue:
		return p.value(n, at, 0)
	}
	return p.text(n, at)
}

// text reads a single value as it is written.
func (p *parser) text(n *yaml.Node, at string) string {
	if n.Kind != yaml.ScalarNode {
		p.found(n, at, "text")
		return ""
	}
	return n.Value
}

// texts reads a list of single values, or one.
func (p *parser) texts(n *yaml.Node, at string) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	if n.Kind != yaml.SequenceNode {
		p.found(n, at, "a list of text")
		return nil
	}
	var items []string
	for _, item := range n.Content {
		if item = resolve(item); isNull(item) || item.Kind != yaml.ScalarNode {
			p.fail(n, at, "found %s in the list, wanted text", describeNode(item))
			continue
		}
		items = append(items, item.Value)
	}
	return items
}

func truthOf(n *yaml.Node) (on, ok bool) {
	word := strings.ToLower(n.Value)
	return word == "true", n.Kind == yaml.ScalarNode && (word == "true" || word == "false")
}

// skip is a reason; true alone is one, false is none.
func (p *parser) skip(n *yaml.Node, at string) string {
	on, ok := truthOf(n)
	if ok && !on {
		return ""
	}
	if ok {
		return "skip: true"
	}
	return p.text(n, at)
}

// retry is a number of tries or a time. It may stand beside retry_delay.
func (p *parser) retry(n *yaml.Node, at string, r Retry) Retry {
	if count, err := strconv.Atoi(n.Value); n.Kind == yaml.ScalarNode && err == nil && count >= 0 {
		r.Count = count
		return r
	}
	within, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || within < 0 {
		p.found(n, at, "a number of further tries, or a time such as 30s")
	}
	r.Within = within
	return r
}

func (p *parser) whole(n *yaml.Node, at string) int {
	i, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || i < 0 {
		p.found(n, at, "a whole number, such as 3")
	}
	return i
}

// span is a time: a number alone is milliseconds, as in goss, where 0 is what
// holds when nothing is written.
func (p *parser) span(n *yaml.Node, at string) time.Duration {
	d, err := time.ParseDuration(n.Value)
	if ms, numeric := numberOf(n); numeric && ms < 1e12 {
		d, err = time.Duration(ms*float64(time.Millisecond)), nil
	}
	if n.Kind != yaml.ScalarNode || err != nil || d < 0 {
		p.found(n, at, "milliseconds, or a time such as 5s")
	}
	return d
}

func (p *parser) when(n *yaml.Node, at string) []Moment {
	var words []string
	for _, m := range moments {
		words = append(words, string(m))
	}
	var when []Moment
	for _, word := range p.texts(n, at) {
		if !slices.Contains(words, word) {
			p.fail(n, at, "unknown moment %s%s", quote(word), didYouMean(word, words))
		}
		when = append(when, Moment(word))
	}
	return when
}
