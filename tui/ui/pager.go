package ui

import "charm.land/bubbles/v2/viewport"

// pager shows a text that may be longer than the place it has. Where it stands
// is a bubbles viewport's business; the canvas draws the lines, since a viewport
// takes as long for one screen of text as the canvas for the whole frame.
type pager struct {
	view  *viewport.Model // nil until it is drawn
	lines []Line          // broken to width
	width int
}

// set gives the text anew, broken to a width.
func (p *pager) set(lines []Line, width int) {
	p.lines, p.width = wrapLines(lines, width), width
	if p.view == nil {
		v := viewport.New()
		p.view = &v
	}
	texts := make([]string, len(p.lines))
	for i, l := range p.lines {
		texts[i] = l.Text
	}
	p.view.SetContentLines(texts)
}

// resize says how many lines are seen at once.
func (p *pager) resize(h int) {
	p.view.SetHeight(h)
	p.view.SetYOffset(p.view.YOffset())
}

func (p *pager) draw(r Region) {
	top := p.top()
	for y := 0; y < r.H && top+y < len(p.lines); y++ {
		p.lines[top+y].draw(r, y)
	}
}

func (p *pager) top() int {
	if p.view == nil {
		return 0
	}
	return p.view.YOffset()
}

// scroll moves by lines.
func (p *pager) scroll(n int) {
	switch {
	case p.view == nil:
	case n > 0:
		p.view.ScrollDown(n)
	default:
		p.view.ScrollUp(-n)
	}
}

// page moves by what is seen at once, less a few lines to find one's place by.
func (p *pager) page(n, overlap int) {
	if p.view != nil {
		p.scroll(n * max(p.view.Height()-overlap, 1))
	}
}

func (p *pager) start() {
	if p.view != nil {
		p.view.GotoTop()
	}
}

func (p *pager) end() {
	if p.view != nil {
		p.view.GotoBottom()
	}
}

// more says where there is more to read.
func (p *pager) more() (above, below bool) {
	return !p.view.AtTop(), !p.view.AtBottom()
}
