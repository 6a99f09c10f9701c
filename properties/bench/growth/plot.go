package main

import (
	"bytes"
	"fmt"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	plotWidth   = 11 * vg.Inch
	plotHeight  = 6 * vg.Inch
	legendWidth = 4.2 * vg.Inch
)

// writePlot writes the plot of a group as SVG: log-log, so that a power of the
// size is a line and its exponent the slope. A group without a series has none.
func writePlot(path, group string, all []result) error {
	p := plot.New()
	p.Title.Text = "Time against size: " + group
	p.X.Label.Text, p.Y.Label.Text = "size, see the legend", "time in seconds"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: 1}
	p.Add(plotter.NewGrid())
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.Padding = true, true, 2
	drawn := 0
	for _, r := range all {
		if r.group != group || len(r.points) == 0 {
			continue
		}
		points := make(plotter.XYs, len(r.points))
		for i, point := range r.points {
			points[i] = plotter.XY{X: float64(point.n), Y: point.time.Seconds()}
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return fmt.Errorf("plot of %s: %s: %w", group, r.name, err)
		}
		line.Color, line.Dashes = plotutil.Color(drawn), plotutil.Dashes(drawn/len(plotutil.DefaultColors))
		marks.Color, marks.Shape = line.Color, plotutil.Shape(drawn)
		p.Add(line, marks)
		mark := ""
		if r.exponent() > steep {
			mark = " !"
		}
		legend.Add(fmt.Sprintf("%s, %s: n^%.2f%s", r.name, r.of, r.exponent(), mark), line, marks)
		drawn++
	}
	if drawn == 0 {
		return nil
	}
	c := vgsvg.New(plotWidth, plotHeight)
	whole := draw.New(c)
	p.Draw(draw.Crop(whole, 0, -legendWidth, 0, 0))
	legend.Draw(draw.Crop(whole, plotWidth-legendWidth+8, 0, 0, -24))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
