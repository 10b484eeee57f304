package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// panel is some curves over the same places, both axes logarithmic.
type panel struct {
	title  string
	x      []float64
	curves []curve
}

type curve struct {
	name string
	y    []float64 // 0 where there is none
}

// The picture's measures, in pixels.
const (
	plotWidth, plotHeight   = 460.0, 300.0
	marginLeft, marginAbove = 60.0, 40.0
	panelWidth, panelHeight = 780, 390
)

var colours = []string{"#1b6ca8", "#d1495b", "#3a7d44", "#e39b2d", "#7b4fa3", "#0f8b8d", "#8a5a44", "#555555"}

// draw is a picture in SVG, with one panel below the other.
func draw(panels ...panel) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		panelWidth, panelHeight*len(panels))
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for i, p := range panels {
		fmt.Fprintf(&b, `<g transform="translate(%g,%g)">`+"\n", marginLeft, marginAbove+float64(i*panelHeight))
		p.draw(&b)
		b.WriteString("</g>\n")
	}
	return b.String() + "</svg>\n"
}

func (p panel) draw(b *strings.Builder) {
	label := func(x, y float64, anchor, text string) {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor, text)
	}
	stroke := func(x1, y1, x2, y2 float64, colour string) {
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`+"\n", x1, y1, x2, y2, colour)
	}
	label(0, -15, "start", p.title)
	var all []float64
	for _, c := range p.curves {
		all = append(all, c.y...)
	}
	x, y := decades(p.x, plotWidth), decades(all, plotHeight)
	for _, v := range p.x {
		stroke(x.at(v), 0, x.at(v), plotHeight, "#eeeeee")
		label(x.at(v), plotHeight+18, "middle", strconv.FormatFloat(v, 'f', -1, 64))
	}
	for e := y.from; e <= y.to; e++ {
		v := math.Pow(10, e)
		stroke(0, plotHeight-y.at(v), plotWidth, plotHeight-y.at(v), "#cccccc")
		label(-8, plotHeight-y.at(v)+4, "end", strconv.FormatFloat(v, 'g', 3, 64))
	}
	for i, c := range p.curves {
		colour := colours[i%len(colours)]
		var points []string
		for j, v := range c.y {
			if v > 0 {
				points = append(points, fmt.Sprintf("%.1f,%.1f", x.at(p.x[j]), plotHeight-y.at(v)))
			}
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(points, " "), colour)
		height := 10 + float64(i)*20
		stroke(plotWidth+20, height, plotWidth+40, height, colour)
		label(plotWidth+46, height+4, "start", c.name)
	}
}

// scale is a logarithmic axis from one power of ten to another.
type scale struct{ from, to, length float64 }

func decades(values []float64, length float64) scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high { // nothing was measured
		low, high = 1, 10
	}
	s := scale{math.Floor(math.Log10(low)), math.Ceil(math.Log10(high)), length}
	if s.to == s.from {
		s.to++
	}
	return s
}

func (s scale) at(v float64) float64 {
	return (math.Log10(v) - s.from) / (s.to - s.from) * s.length
}
