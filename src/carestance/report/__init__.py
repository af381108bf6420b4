"""A report to read: tagged articles in one HTML file that opens without a network."""

from carestance.report.writer import ReportWriter

__all__ = ["ReportWriter"]
