import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import express from 'express';
import { BffModule } from 'parlour';
import { NotesController } from './notes.controller.js';
import { OrdersController } from './orders.controller.js';

const {
  PUBLIC_URL = '',
  ISSUER = '',
  CLIENT_ID = '',
  CLIENT_SECRET = '',
  SESSION_KEY = '',
  STORAGE_URL = '',
} = process.env;

@Module({
  imports: [
    BffModule.forRoot({
      publicUrl: PUBLIC_URL,
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      keys: [SESSION_KEY],
      storageUrl: STORAGE_URL,
      scope: 'openid profile orders:read',
    }),
  ],
  controllers: [NotesController, OrdersController],
})
export class AppModule implements NestModule {
  /** The parser of these routes and no others: what the API proxy forwards has to stay a stream. */
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(express.json({ limit: '16kb' })).forRoutes(NotesController);
  }
}
