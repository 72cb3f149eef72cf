"""What is charged beside goods: delivery options, fees, deposits, each as data."""
