import { NestFactory } from '@nestjs/core';
import { ErrorFilter } from 'parlour';
import { AppModule } from './app.module.js';

// without a parser of its own: AppModule gives one to those who need it
const app = await NestFactory.create(AppModule, { bodyParser: false });
app.useGlobalFilters(app.get(ErrorFilter));
app.enableShutdownHooks();
await app.listen(new URL(process.env['PUBLIC_URL'] ?? '').port, '127.0.0.1');
