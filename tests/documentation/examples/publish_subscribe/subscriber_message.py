	# Use in await statement

	message = await subscriber.message()
