//! Nothing is exported: this package holds the integration tests.
