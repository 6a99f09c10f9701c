package main

import "math"

// exponent is the slope of log time over log size, fitted by least squares over
// the upper half of the sizes, and at least two of them; 0 if there are fewer.
func (r *result) exponent() float64 {
	points := r.points[len(r.points)/2:]
	if len(points) < 2 {
		points = r.points[max(0, len(r.points)-2):]
	}
	if len(points) < 2 {
		return 0
	}
	var sumX, sumY float64
	for _, p := range points {
		sumX += math.Log(float64(p.n))
		sumY += math.Log(float64(p.time))
	}
	meanX, meanY := sumX/float64(len(points)), sumY/float64(len(points))
	var covariance, variance float64
	for _, p := range points {
		dx := math.Log(float64(p.n)) - meanX
		covariance += dx * (math.Log(float64(p.time)) - meanY)
		variance += dx * dx
	}
	if variance == 0 {
		return 0
	}
	return covariance / variance
}

// steep is the exponent above which a series is marked: linear, and what a
// logarithm and a cache add to it.
const steep = 1.15
